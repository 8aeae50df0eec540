/* The features room's shell, features/service.py, with the ordinary tick of features/bars.py written out. */
#include "native.h"

/* ── to the instrument's own handler ── */

enum { HANDLERS, OPEN, FORGET };
enum { ID, FLAGS, DISPATCHED_FIELDS };
static const char *const DISPATCHED_NAMES[DISPATCHED_FIELDS] = {"instrument_id", "flags"};

typedef struct {
    Callable callable;
    int64_t last_flag;
} Dispatcher;

static PyObject *dispatch(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Callable *self = (Callable *)callable;
    PyObject *fields[DISPATCHED_FIELDS], *holder, *handler = NULL, *done = NULL;
    int64_t flags;
    if (!takes_one(nargsf, names) || layout_read(&self->layouts[0], args[0], fields, &holder) < 0)
        return NULL;
    if (is_int64(fields[FLAGS], &flags) && flags & ((Dispatcher *)callable)->last_flag) {
        handler = Py_NewRef(self->refs[FORGET]);
    } else {
        handler = PyDict_GetItemWithError(self->refs[HANDLERS], fields[ID]);
        Py_XINCREF(handler);
        if (handler == NULL && !PyErr_Occurred())
            handler = PyObject_CallOneArg(self->refs[OPEN], fields[ID]);
    }
    Py_XDECREF(holder);
    if (handler != NULL)
        done = PyObject_CallOneArg(handler, args[0]);
    Py_XDECREF(handler);
    return done;
}

static PyObject *dispatcher_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"handlers", "open_handler", "forget", "event_type", "last_flag", NULL};
    PyObject *handlers, *open, *forget, *event_type;
    long long last_flag;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$O!OOOL", names, &PyDict_Type, &handlers, &open, &forget, &event_type, &last_flag))
        return NULL;
    Callable *self = (Callable *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->refs[HANDLERS] = Py_NewRef(handlers);
    self->refs[OPEN] = Py_NewRef(open);
    self->refs[FORGET] = Py_NewRef(forget);
    ((Dispatcher *)self)->last_flag = last_flag;
    self->vectorcall = dispatch;
    if (layout_find(&self->layouts[0], event_type, DISPATCHED_NAMES, DISPATCHED_FIELDS) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(Dispatcher, Dispatcher, dispatcher_new, callable_dealloc, "Hands an event to the handler of its instrument.");

/* ── one instrument ── */

enum { SEQ, TS, PRICE, VOLUME, TURNOVER, TICK_FIELDS };
static const char *const TICK_NAMES[TICK_FIELDS] = {
    "seq", "ts_event", "last_price", "volume_delta", "turnover_delta"};
enum { BAR_FROM, BAR_UNTIL, BAR_HIGH, BAR_LOW, BAR_LAST, BAR_VOLUME, BAR_TURNOVER, BAR_TICKS, BAR_SLOTS };
static const char *const BAR_NAMES[BAR_SLOTS] = {
    "_from", "_until", "_high", "_low", "_last", "_volume", "_turnover", "_ticks"};

enum { BAR, ADD, ADVANCE, LATEST, COUNTS, PUBLISH, ON_GAP, INSTRUMENT_ID, NO_LABEL };
enum { OF_TICK, OF_BAR };

typedef struct {
    Callable callable;
    int64_t expected;
} FeatureHandler;

static int called(PyObject *done)
{
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

/* 1 when the tick went into the bar under way, 0 when the builder has to look at it, -1 on error. */
static int extend_bar(FeatureHandler *self, PyObject *tick, PyObject *const *fields)
{
    const Layout *layout = &self->callable.layouts[OF_BAR];
    PyObject *bar = self->callable.refs[BAR], *slots[BAR_SLOTS];
    int64_t ts, from, until, ticks, volume, traded;
    double price, high, low, turnover, yuan;
    for (int field = 0; field < BAR_SLOTS; field++)
        slots[field] = *layout_slot(layout, bar, field);
    if (!is_int64(fields[TS], &ts) || !is_int64(slots[BAR_FROM], &from) || !is_int64(slots[BAR_UNTIL], &until)
        || !is_int64(slots[BAR_TICKS], &ticks) || ts < from || ts >= until || ticks < 1)
        return 0;
    if (!is_float(fields[PRICE], &price) || !is_float(slots[BAR_HIGH], &high) || !is_float(slots[BAR_LOW], &low)
        || !is_int64(fields[VOLUME], &traded) || !is_int64(slots[BAR_VOLUME], &volume)
        || !is_float(fields[TURNOVER], &yuan) || !is_float(slots[BAR_TURNOVER], &turnover)
        || __builtin_add_overflow(volume, traded, &volume))
        return 0;
    PyObject *lots = PyLong_FromLongLong(volume), *money = PyFloat_FromDouble(turnover + yuan);
    PyObject *count = PyLong_FromLongLong(ticks + 1);
    if (lots == NULL || money == NULL || count == NULL) {
        Py_XDECREF(lots);
        Py_XDECREF(money);
        Py_XDECREF(count);
        return -1;
    }
    if (price > high)
        slot_put(layout, bar, BAR_HIGH, Py_NewRef(fields[PRICE]));
    else if (price < low)
        slot_put(layout, bar, BAR_LOW, Py_NewRef(fields[PRICE]));
    slot_put(layout, bar, BAR_LAST, Py_NewRef(tick));
    slot_put(layout, bar, BAR_VOLUME, lots);
    slot_put(layout, bar, BAR_TURNOVER, money);
    slot_put(layout, bar, BAR_TICKS, count);
    return 1;
}

static int count_one(FeatureHandler *self)
{
    PyObject *counts = self->callable.refs[COUNTS], *label = self->callable.refs[NO_LABEL];
    PyObject *before = PyDict_GetItemWithError(counts, label);
    int64_t count = 0;
    if (before == NULL ? PyErr_Occurred() != NULL : !as_int64(before, &count))
        return -1;
    PyObject *after = PyLong_FromLongLong(count + 1);
    int outcome = after != NULL ? PyDict_SetItem(counts, label, after) : -1;
    Py_XDECREF(after);
    return outcome;
}

static int handle(FeatureHandler *self, PyObject *tick, PyObject *const *fields)
{
    PyObject **refs = self->callable.refs;
    int64_t seq;
    if (!as_int64(fields[SEQ], &seq))
        return -1;
    if (seq < self->expected)
        return 0;
    if (seq != self->expected && self->expected && called(PyObject_CallNoArgs(refs[ON_GAP])) < 0)
        return -1;
    self->expected = seq + 1;
    int extended = extend_bar(self, tick, fields);
    if (extended < 0 || (!extended && called(PyObject_CallOneArg(refs[ADD], tick)) < 0))
        return -1;
    PyObject *snapshot = PyObject_CallOneArg(refs[ADVANCE], tick);
    int outcome = snapshot != NULL && PyDict_SetItem(refs[LATEST], refs[INSTRUMENT_ID], snapshot) == 0
            && count_one(self) == 0
        ? called(PyObject_CallOneArg(refs[PUBLISH], snapshot))
        : -1;
    Py_XDECREF(snapshot);
    return outcome;
}

static PyObject *on_tick(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    FeatureHandler *self = (FeatureHandler *)callable;
    PyObject *fields[TICK_FIELDS], *holder;
    if (!takes_one(nargsf, names) || layout_read(&self->callable.layouts[OF_TICK], args[0], fields, &holder) < 0)
        return NULL;
    int outcome = handle(self, args[0], fields);
    Py_XDECREF(holder);
    return outcome < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *handler_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "bar", "add", "advance", "latest", "counts", "publish", "on_gap", "instrument_id", "tick_type",
        "expected", NULL};
    PyObject *refs[INSTRUMENT_ID + 1], *tick_type;
    long long expected;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$OOOO!O!OOUOL", names, &refs[BAR], &refs[ADD], &refs[ADVANCE], &PyDict_Type, &refs[LATEST],
            &PyDict_Type, &refs[COUNTS], &refs[PUBLISH], &refs[ON_GAP], &refs[INSTRUMENT_ID], &tick_type,
            &expected))
        return NULL;
    FeatureHandler *self = (FeatureHandler *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->expected = expected;
    for (int at = 0; at <= INSTRUMENT_ID; at++)
        self->callable.refs[at] = Py_NewRef(refs[at]);
    self->callable.refs[NO_LABEL] = PyUnicode_InternFromString("");
    self->callable.vectorcall = on_tick;
    Layout *layouts = self->callable.layouts;
    if (self->callable.refs[NO_LABEL] == NULL || layout_find(&layouts[OF_TICK], tick_type, TICK_NAMES, TICK_FIELDS) < 0
        || layout_find(&layouts[OF_BAR], (PyObject *)Py_TYPE(refs[BAR]), BAR_NAMES, BAR_SLOTS) < 0
        || !layout_must_be_direct(&layouts[OF_BAR]))
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(FeatureHandler, FeatureHandler, handler_new, callable_dealloc, "Takes one instrument's ticks into bars and features.");
