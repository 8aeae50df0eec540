/* strategies/runner.py `StrategyRunner._handler`: every hook that exists, guarded and watched; one event in so many
 * is measured call by call in Python.
 *
 * The watchdog's promise holds here as there: the cell's event is cleared before its claim is read, and no Python
 * runs in between in which its exception could strike. */
#include "native.h"

enum { INSTRUMENT_ID, SEQ, EVENT_FIELDS };
static const char *const EVENT_NAMES[EVENT_FIELDS] = {"instrument_id", "seq"};
enum { EXPECTED, CALLS, LANE_SLOTS };
static const char *const LANE_NAMES[LANE_SLOTS] = {"expected", "calls"};
enum { WATCHED, CLAIMED, CELL_SLOTS };
static const char *const CELL_NAMES[CELL_SLOTS] = {"event", "claimed"};

enum { LANES, CELL, SETTLE, OPEN_LANE, ON_GAP, TIMED, ANSWERED, GO_ON, FAILURES };
enum { OF_EVENT, OF_LANE, OF_CELL };

typedef struct {
    Callable callable;
    int64_t every, until_sample;
    int is_gapless;
} StrategyCaller;

static int called(PyObject *done)
{
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static inline void watch(const StrategyCaller *self, PyObject *event)
{
    slot_put(&self->callable.layouts[OF_CELL], self->callable.refs[CELL], WATCHED, event);
}

/* Nothing of a strategy runs from here on. */
static int look_away(StrategyCaller *self)
{
    watch(self, Py_NewRef(Py_None));
    if (*layout_slot(&self->callable.layouts[OF_CELL], self->callable.refs[CELL], CLAIMED) == Py_False)
        return 0;
    return called(PyObject_CallNoArgs(self->callable.refs[SETTLE]));
}

/* One strategy's call; what it answers is dealt with at once. */
static int call_one(StrategyCaller *self, PyObject *call, PyObject *entry, PyObject *event)
{
    PyObject *answer = PyObject_CallOneArg(call, event);
    if (answer == NULL)
        return -1;
    int is_good = 1;
    if (answer != Py_None) {
        is_good = called(PyObject_CallFunctionObjArgs(self->callable.refs[ANSWERED], entry, event, answer, NULL)) == 0;
        if (is_good) {
            /* A new thing to watch: what answering took is not the next one's fault. */
            PyObject *next = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
            is_good = next != NULL;
            if (is_good)
                watch(self, next);
        }
    }
    Py_DECREF(answer);
    return is_good ? 0 : -1;
}

/* The handler guard of every strategy: the one that failed is dealt with, those after it are called. */
static int go_on(StrategyCaller *self, PyObject *calls, PyObject *event, PyObject *entry)
{
    if (!PyErr_ExceptionMatches(self->callable.refs[FAILURES]))
        return -1;
    PyObject *error = taken_exception();
    int outcome = called(PyObject_CallFunctionObjArgs(self->callable.refs[GO_ON], calls, event, entry, error, NULL));
    Py_XDECREF(error);
    return outcome;
}

static int call_all(StrategyCaller *self, PyObject *lane, PyObject *event)
{
    /* Held on to: a strategy's answer may have the calls rebuilt. */
    PyObject *calls = Py_NewRef(*layout_slot(&self->callable.layouts[OF_LANE], lane, CALLS));
    int is_good = PyTuple_CheckExact(calls);
    if (!is_good)
        PyErr_SetString(PyExc_TypeError, "a lane's calls must be a tuple");
    else
        watch(self, Py_NewRef(event));
    for (Py_ssize_t at = 0; is_good && at < PyTuple_GET_SIZE(calls); at++) {
        PyObject *pair = PyTuple_GET_ITEM(calls, at), *entry = PyTuple_GET_ITEM(pair, 1);
        if (call_one(self, PyTuple_GET_ITEM(pair, 0), entry, event) < 0) {
            is_good = go_on(self, calls, event, entry) == 0;
            break;
        }
    }
    Py_DECREF(calls);
    return is_good ? look_away(self) : -1;
}

/* The instrument's lane, a reference of our own; NULL without an exception when there are too many already. */
static PyObject *lane_of(StrategyCaller *self, PyObject *instrument_id)
{
    PyObject *lane = PyDict_GetItemWithError(self->callable.refs[LANES], instrument_id);
    if (lane != NULL)
        return Py_NewRef(lane);
    if (PyErr_Occurred())
        return NULL;
    lane = PyObject_CallOneArg(self->callable.refs[OPEN_LANE], instrument_id);
    if (lane == Py_None)
        Py_CLEAR(lane);
    return lane;
}

/* 1 for an event to look at, 0 for one seen before, -1 on error. */
static int is_new(StrategyCaller *self, PyObject *lane, PyObject *event_seq)
{
    const Layout *layout = &self->callable.layouts[OF_LANE];
    int64_t seq, expected;
    if (!as_int64(event_seq, &seq) || !as_int64(*layout_slot(layout, lane, EXPECTED), &expected))
        return -1;
    if (seq < expected)
        return 0;
    if (seq != expected && self->is_gapless && expected
        && called(PyObject_CallNoArgs(self->callable.refs[ON_GAP])) < 0)
        return -1;
    PyObject *next = PyLong_FromLongLong(seq + 1);
    if (next == NULL)
        return -1;
    slot_put(layout, lane, EXPECTED, next);
    return 1;
}

static int call_timed(StrategyCaller *self, PyObject *lane, PyObject *event)
{
    PyObject *answer = PyObject_CallFunctionObjArgs(self->callable.refs[TIMED], lane, event, NULL);
    int is_suspicious = answer != NULL ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    if (is_suspicious < 0)
        return -1;
    self->until_sample = is_suspicious ? 1 : self->every;
    return 0;
}

static PyObject *on_event(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    StrategyCaller *self = (StrategyCaller *)callable;
    PyObject *fields[EVENT_FIELDS], *holder;
    if (!takes_one(nargsf, names) || layout_read(&self->callable.layouts[OF_EVENT], args[0], fields, &holder) < 0)
        return NULL;
    PyObject *lane = lane_of(self, fields[INSTRUMENT_ID]);
    int outcome = PyErr_Occurred() ? -1 : 0;
    if (lane != NULL) {
        if (!layout_fits(&self->callable.layouts[OF_LANE], lane)) {
            PyErr_SetString(PyExc_TypeError, "no lane");
            outcome = -1;
        } else if ((outcome = is_new(self, lane, fields[SEQ])) == 1) {
            outcome = --self->until_sample <= 0 ? call_timed(self, lane, args[0]) : call_all(self, lane, args[0]);
        }
        Py_DECREF(lane);
    }
    Py_XDECREF(holder);
    return outcome < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *caller_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "lanes", "cell", "settle", "open_lane", "on_gap", "timed", "answered", "go_on", "failures", "event_type",
        "lane_type", "every", "is_gapless", NULL};
    PyObject *refs[FAILURES + 1], *event_type, *lane_type;
    long long every;
    int is_gapless;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$O!OOOOOOOO!OOLp", names, &PyDict_Type, &refs[LANES], &refs[CELL], &refs[SETTLE],
            &refs[OPEN_LANE], &refs[ON_GAP], &refs[TIMED], &refs[ANSWERED], &refs[GO_ON], &PyTuple_Type,
            &refs[FAILURES], &event_type, &lane_type, &every, &is_gapless))
        return NULL;
    StrategyCaller *self = (StrategyCaller *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at <= FAILURES; at++)
        self->callable.refs[at] = Py_NewRef(refs[at]);
    self->callable.vectorcall = on_event;
    self->every = self->until_sample = every;
    self->is_gapless = is_gapless;
    Layout *layouts = self->callable.layouts;
    if (layout_find(&layouts[OF_EVENT], event_type, EVENT_NAMES, EVENT_FIELDS) < 0
        || layout_find(&layouts[OF_LANE], lane_type, LANE_NAMES, LANE_SLOTS) < 0
        || layout_find(&layouts[OF_CELL], (PyObject *)Py_TYPE(refs[CELL]), CELL_NAMES, CELL_SLOTS) < 0
        || !layout_must_be_direct(&layouts[OF_LANE]) || !layout_must_be_direct(&layouts[OF_CELL]))
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(StrategyCaller, StrategyCaller, caller_new, callable_dealloc, "Calls every strategy that looks at this kind of event.");
