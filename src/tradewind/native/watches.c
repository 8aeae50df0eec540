/* Those who follow every event and mostly have nothing to say: signals/prices.py, risk/monitor.py,
 * risk/watches/volatility_burst.py. An event next in sequence and inside the band is done here; any other goes to the
 * Python method, which finds everything as it left it. */
#include "native.h"

enum { STATES, PLAINLY, ON_BREACH };
enum { OF_STATE, OF_EVENT, OF_OTHER };
/* The fields that all of them read come first. */
enum { ID, SEQ, PRICE, LIMIT_UP, LIMIT_DOWN, FLAGS, LIMIT_FIELDS, PRICE_FIELDS = LIMIT_UP };
static const char *const EVENT_NAMES[] = {"instrument_id", "seq", "last_price", "limit_up", "limit_down", "flags"};

/* What is kept of the event's instrument, borrowed, when the event is the next one; NULL for Python to look at. */
static PyObject *next_in_line(const Callable *self, PyObject *id, PyObject *event_seq)
{
    const Layout *layout = &self->layouts[OF_STATE];
    int64_t seq, before;
    PyObject *state = PyDict_GetItemWithError(self->refs[STATES], id);
    if (state == NULL) {
        PyErr_Clear();
        return NULL;
    }
    if (!layout_fits(layout, state) || !is_int64(event_seq, &seq) || !is_int64(*layout_slot(layout, state, 0), &before)
        || seq - 1 != before)
        return NULL;
    return state;
}

static int is_between(const Callable *self, PyObject *state, int low_slot, PyObject *price)
{
    const Layout *layout = &self->layouts[OF_STATE];
    double low, high, value;
    return is_float(price, &value) && is_float(*layout_slot(layout, state, low_slot), &low)
        && is_float(*layout_slot(layout, state, low_slot + 1), &high) && low < value && value < high;
}

static PyObject *handed_back(const Callable *self, PyObject *event)
{
    return PyObject_CallOneArg(self->refs[PLAINLY], event);
}

/* ── the price of an instrument and the band before a stop ── */

enum { TRACK_SEQ, TRACK_LAST, TRACK_LOW, TRACK_HIGH, TRACK_SLOTS };
static const char *const PRICE_TRACK_NAMES[TRACK_SLOTS] = {"seq", "last", "floor", "ceiling"};

static inline PyObject *event_slot(const Layout *layout, PyObject *event, int field)
{
    return *layout_slot(layout, event, field);
}

static PyObject *on_price(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Callable *self = (Callable *)callable;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *event = args[0];
    const Layout *layout = &self->layouts[layout_fits(&self->layouts[OF_EVENT], event) ? OF_EVENT : OF_OTHER];
    if (!layout_fits(layout, event))
        return handed_back(self, event);
    PyObject *seq = event_slot(layout, event, SEQ), *state = next_in_line(self, event_slot(layout, event, ID), seq);
    if (state == NULL || !is_between(self, state, TRACK_LOW, event_slot(layout, event, PRICE)))
        return handed_back(self, event);
    slot_put(&self->layouts[OF_STATE], state, TRACK_SEQ, Py_NewRef(seq));
    slot_put(&self->layouts[OF_STATE], state, TRACK_LAST, Py_NewRef(event));
    Py_RETURN_NONE;
}

/* ── the day's limits ── */

enum { LIMIT_TRACK_UP = TRACK_SLOTS, LIMIT_TRACK_DOWN, LIMIT_TRACK_SLOTS };
static const char *const LIMIT_TRACK_NAMES[LIMIT_TRACK_SLOTS] = {
    "seq", "last", "low", "high", "limit_up", "limit_down"};

typedef struct {
    Callable callable;
    int64_t last_flag;
} LimitWatch;

static int is_same_limit(PyObject *one, PyObject *other)
{
    double value, known;
    if (is_float(one, &value))
        return is_float(other, &known) && value == known;
    return one == Py_None && other == Py_None;
}

static PyObject *on_limit_tick(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Callable *self = (Callable *)callable;
    const Layout *of_tick = &self->layouts[OF_EVENT], *of_track = &self->layouts[OF_STATE];
    int64_t flags;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *tick = args[0];
    if (!layout_fits(of_tick, tick))
        return handed_back(self, tick);
    PyObject *seq = event_slot(of_tick, tick, SEQ), *track = next_in_line(self, event_slot(of_tick, tick, ID), seq);
    if (track == NULL || !is_int64(event_slot(of_tick, tick, FLAGS), &flags)
        || flags & ((LimitWatch *)callable)->last_flag
        || !is_between(self, track, TRACK_LOW, event_slot(of_tick, tick, PRICE))
        || !is_same_limit(event_slot(of_tick, tick, LIMIT_UP), *layout_slot(of_track, track, LIMIT_TRACK_UP))
        || !is_same_limit(event_slot(of_tick, tick, LIMIT_DOWN), *layout_slot(of_track, track, LIMIT_TRACK_DOWN)))
        return handed_back(self, tick);
    slot_put(of_track, track, TRACK_SEQ, Py_NewRef(seq));
    slot_put(of_track, track, TRACK_LAST, Py_NewRef(tick));
    Py_RETURN_NONE;
}

/* ── volatility against its own slow average ── */

enum { USUAL_SEQ, USUAL_TS, USUAL_INDEX, USUAL_SLOW, USUAL_FACTOR, USUAL_SLOTS };
static const char *const USUAL_NAMES[USUAL_SLOTS] = {"seq", "ts", "index", "slow", "factor"};
enum { SHOWN_ID, SHOWN_SEQ, SHOWN_TS, SHOWN_WINDOWS, SHOWN_FIELDS };
static const char *const SHOWN_NAMES[SHOWN_FIELDS] = {"instrument_id", "seq", "ts_event", "windows"};
static const char *const WINDOW_NAME[] = {"realized_volatility"};

typedef struct {
    Callable callable;
    double alpha;
} VolatilityWatch;

/* The window's volatility; false for Python to look at. */
static int volatility_of(const Callable *self, PyObject *snapshot, int64_t index, double *value)
{
    PyObject *windows = event_slot(&self->layouts[OF_EVENT], snapshot, SHOWN_WINDOWS);
    if (!PyTuple_CheckExact(windows) || index < 0 || index >= PyTuple_GET_SIZE(windows))
        return 0;
    PyObject *window = PyTuple_GET_ITEM(windows, index);
    const Layout *layout = &self->layouts[OF_OTHER];
    return layout_fits(layout, window) && is_float(event_slot(layout, window, 0), value);
}

static PyObject *on_features(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    VolatilityWatch *watch = (VolatilityWatch *)callable;
    Callable *self = &watch->callable;
    const Layout *of_shown = &self->layouts[OF_EVENT], *of_usual = &self->layouts[OF_STATE];
    int64_t index;
    double value, slow, factor;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *shown = args[0];
    if (!layout_fits(of_shown, shown))
        return handed_back(self, shown);
    PyObject *seq = event_slot(of_shown, shown, SHOWN_SEQ);
    PyObject *usual = next_in_line(self, event_slot(of_shown, shown, SHOWN_ID), seq);
    if (usual == NULL || !is_int64(*layout_slot(of_usual, usual, USUAL_INDEX), &index)
        || !volatility_of(self, shown, index, &value) || !is_float(*layout_slot(of_usual, usual, USUAL_SLOW), &slow)
        || !is_float(*layout_slot(of_usual, usual, USUAL_FACTOR), &factor) || !(value < slow * factor))
        return handed_back(self, shown);
    PyObject *slower = PyFloat_FromDouble(slow + watch->alpha * (value - slow));
    if (slower == NULL)
        return NULL;
    slot_put(of_usual, usual, USUAL_SLOW, slower);
    slot_put(of_usual, usual, USUAL_SEQ, Py_NewRef(seq));
    slot_put(of_usual, usual, USUAL_TS, Py_NewRef(event_slot(of_shown, shown, SHOWN_TS)));
    Py_RETURN_NONE;
}

/* ── the types ── */

static Callable *watch_new(PyTypeObject *type, PyObject *states, PyObject *plainly, vectorcallfunc vectorcall)
{
    Callable *self = (Callable *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->refs[STATES] = Py_NewRef(states);
        self->refs[PLAINLY] = Py_NewRef(plainly);
        self->vectorcall = vectorcall;
    }
    return self;
}

static int find_direct(Layout *layout, PyObject *type, const char *const *names, int count)
{
    return layout_find(layout, type, names, count) < 0 || !layout_must_be_direct(layout) ? -1 : 0;
}

static PyObject *price_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"tracks", "plainly", "track_type", "tick_type", "snapshot_type", NULL};
    PyObject *tracks, *plainly, *track_type, *tick_type, *snapshot_type;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$O!OOOO", names, &PyDict_Type, &tracks, &plainly, &track_type, &tick_type,
            &snapshot_type))
        return NULL;
    Callable *self = watch_new(type, tracks, plainly, on_price);
    if (self != NULL
        && (find_direct(&self->layouts[OF_STATE], track_type, PRICE_TRACK_NAMES, TRACK_SLOTS) < 0
            || find_direct(&self->layouts[OF_EVENT], snapshot_type, EVENT_NAMES, PRICE_FIELDS) < 0
            || find_direct(&self->layouts[OF_OTHER], tick_type, EVENT_NAMES, PRICE_FIELDS) < 0))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *limit_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"tracks", "plainly", "track_type", "tick_type", "last_flag", NULL};
    PyObject *tracks, *plainly, *track_type, *tick_type;
    long long last_flag;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$O!OOOL", names, &PyDict_Type, &tracks, &plainly, &track_type, &tick_type, &last_flag))
        return NULL;
    Callable *self = watch_new(type, tracks, plainly, on_limit_tick);
    if (self != NULL)
        ((LimitWatch *)self)->last_flag = last_flag;
    if (self != NULL
        && (find_direct(&self->layouts[OF_STATE], track_type, LIMIT_TRACK_NAMES, LIMIT_TRACK_SLOTS) < 0
            || find_direct(&self->layouts[OF_EVENT], tick_type, EVENT_NAMES, LIMIT_FIELDS) < 0))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *volatility_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"usual", "plainly", "usual_type", "snapshot_type", "window_type", "alpha", NULL};
    PyObject *usual, *plainly, *usual_type, *snapshot_type, *window_type;
    double alpha;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$O!OOOOd", names, &PyDict_Type, &usual, &plainly, &usual_type, &snapshot_type,
            &window_type, &alpha))
        return NULL;
    Callable *self = watch_new(type, usual, plainly, on_features);
    if (self == NULL)
        return NULL;
    ((VolatilityWatch *)self)->alpha = alpha;
    if (find_direct(&self->layouts[OF_STATE], usual_type, USUAL_NAMES, USUAL_SLOTS) < 0
        || find_direct(&self->layouts[OF_EVENT], snapshot_type, SHOWN_NAMES, SHOWN_FIELDS) < 0
        || find_direct(&self->layouts[OF_OTHER], window_type, WINDOW_NAME, 1) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(PriceWatch, Callable, price_new, callable_dealloc, "Follows prices inside the band before a stop.");
CALLABLE_TYPE(LimitWatch, LimitWatch, limit_new, callable_dealloc, "Follows ticks inside the band in which no watch has anything to say.");
CALLABLE_TYPE(VolatilityWatch, VolatilityWatch, volatility_new, callable_dealloc, "Follows volatility while it is nothing unusual.");
