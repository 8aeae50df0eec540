/* features/snapshots.py in C: a callable that takes an instrument's next tick and returns its FeatureSnapshot. */
#include "native.h"
#include <structmember.h>
#include <string.h>

enum { SPREADS_KEPT = 1024, SNAPSHOT_FIELDS = 20, FIRST_INDICATOR = 9, WINDOWS_FIELD = 19 };

enum {
    INSTRUMENT_ID, SEQ, TS_EVENT, TRADING_DAY, LAST_PRICE, BID_PRICE, BID_VOLUME, ASK_PRICE, ASK_VOLUME,
    PRE_SETTLEMENT_PRICE, VOLUME_DELTA, TURNOVER_DELTA, TICK_FIELDS
};

static const char *const TICK_NAMES[TICK_FIELDS] = {
    "instrument_id", "seq", "ts_event", "trading_day", "last_price", "bid_price", "bid_volume", "ask_price",
    "ask_volume", "pre_settlement_price", "volume_delta", "turnover_delta"};

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Layout tick;
    PyObject *snapshot_type, *window_type;
    PyObject *price_digits, *round;
    PyObject *spreads;
    /* The newest spread again, without a look-up: most ticks have the spread of the tick before. */
    double raw_spread;
    PyObject *spread;
    Windows windows;
    Indicators indicators;
} SnapshotBuilder;

/* ── the book ── */

static PyObject *rounded_spread(SnapshotBuilder *self, double raw)
{
    PyObject *key = PyFloat_FromDouble(raw);
    if (key == NULL)
        return NULL;
    PyObject *spread = PyDict_GetItemWithError(self->spreads, key);
    if (spread != NULL) {
        Py_INCREF(spread);
    } else if (!PyErr_Occurred()) {
        /* Python's own rounding, which is exact: kept by value, since it costs more than all the rest. */
        spread = PyObject_CallFunctionObjArgs(self->round, key, self->price_digits, NULL);
        if (spread != NULL && PyDict_GET_SIZE(self->spreads) < SPREADS_KEPT
            && PyDict_SetItem(self->spreads, key, spread) < 0)
            Py_CLEAR(spread);
    }
    Py_DECREF(key);
    return spread;
}

static PyObject *spread_of(SnapshotBuilder *self, double raw)
{
    /* Equal to the last bit: 0.0 and -0.0 are rounded to what they are. */
    if (self->spread == NULL || memcmp(&raw, &self->raw_spread, sizeof raw) != 0) {
        PyObject *spread = rounded_spread(self, raw);
        if (spread == NULL)
            return NULL;
        self->raw_spread = raw;
        Py_XSETREF(self->spread, spread);
    }
    return Py_NewRef(self->spread);
}

/* Python divides whole numbers exactly; so does C while both are exact as doubles. */
static PyObject *quotient_of(int64_t dividend, int64_t divisor)
{
    const int64_t exact = (int64_t)1 << 53;
    if (-exact <= dividend && dividend <= exact && divisor <= exact)
        return PyFloat_FromDouble((double)dividend / (double)divisor);
    PyObject *one = PyLong_FromLongLong(dividend), *other = PyLong_FromLongLong(divisor), *quotient = NULL;
    if (one != NULL && other != NULL)
        quotient = PyNumber_TrueDivide(one, other);
    Py_XDECREF(one);
    Py_XDECREF(other);
    return quotient;
}

/* Fill spread, imbalance and microprice, in this order; false on error. */
static int take_book(SnapshotBuilder *self, PyObject *const *tick, PyObject **shown)
{
    int64_t bid_lots, ask_lots, lots, excess;
    double bid, ask;
    if (!as_int64(tick[BID_VOLUME], &bid_lots) || !as_int64(tick[ASK_VOLUME], &ask_lots))
        return 0;
    if (__builtin_add_overflow(bid_lots, ask_lots, &lots) || __builtin_sub_overflow(bid_lots, ask_lots, &excess)) {
        overflowed("the volume of a book");
        return 0;
    }
    shown[0] = shown[1] = shown[2] = NULL;
    if (tick[BID_PRICE] != Py_None && tick[ASK_PRICE] != Py_None) {
        if (!as_double(tick[BID_PRICE], &bid) || !as_double(tick[ASK_PRICE], &ask))
            return 0;
        shown[0] = spread_of(self, ask - bid);
        if (lots > 0)
            shown[2] = PyFloat_FromDouble((bid * (double)ask_lots + ask * (double)bid_lots) / (double)lots);
        else
            shown[2] = Py_NewRef(Py_None);
    } else {
        shown[0] = Py_NewRef(Py_None);
        shown[2] = Py_NewRef(Py_None);
    }
    shown[1] = lots > 0 ? quotient_of(excess, lots) : Py_NewRef(Py_None);
    return shown[0] != NULL && shown[1] != NULL && shown[2] != NULL;
}

static PyObject *day_change(PyObject *settled, double price)
{
    double before, ratio;
    if (settled == Py_None)
        return Py_NewRef(Py_None);
    if (!as_double(settled, &before))
        return NULL;
    if (before == 0.0)
        return Py_NewRef(Py_None);
    if (divide(price, before, &ratio) < 0)
        return NULL;
    return PyFloat_FromDouble((ratio - 1.0) * 100.0);
}

/* ── one tick ── */

static PyObject *snapshot_of(SnapshotBuilder *self, PyObject *const *tick)
{
    /* Only those from CHANGE on, without the indicators, are references of our own. */
    PyObject *fields[SNAPSHOT_FIELDS] = {
        tick[INSTRUMENT_ID], tick[SEQ], tick[TS_EVENT], tick[TRADING_DAY], tick[LAST_PRICE]};
    PyObject **own = fields + 5, *snapshot = NULL;
    int64_t ts, volume;
    double price, turnover;
    if (!as_int64(tick[TS_EVENT], &ts) || !as_double(tick[LAST_PRICE], &price)
        || !as_int64(tick[VOLUME_DELTA], &volume) || !as_double(tick[TURNOVER_DELTA], &turnover))
        return NULL;
    if (take_book(self, tick, own + 1) && indicators_advance(&self->indicators, ts, price) == 0) {
        own[0] = day_change(tick[PRE_SETTLEMENT_PRICE], price);
        if (own[0] != NULL)
            fields[WINDOWS_FIELD]
                = windows_advance(&self->windows, self->window_type, ts, price, volume, turnover);
        if (fields[WINDOWS_FIELD] != NULL) {
            memcpy(fields + FIRST_INDICATOR, self->indicators.values, sizeof self->indicators.values);
            snapshot = PyObject_Vectorcall(self->snapshot_type, fields, SNAPSHOT_FIELDS, NULL);
        }
    }
    for (int at = 0; at < 4; at++)
        Py_XDECREF(own[at]);
    Py_XDECREF(fields[WINDOWS_FIELD]);
    return snapshot;
}

static PyObject *builder_call(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    SnapshotBuilder *self = (SnapshotBuilder *)callable;
    PyObject *values[TICK_FIELDS], *holder;
    if (PyVectorcall_NARGS(nargsf) != 1 || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "a snapshot builder takes one tick");
        return NULL;
    }
    if (layout_read(&self->tick, args[0], values, &holder) < 0)
        return NULL;
    PyObject *snapshot = snapshot_of(self, values);
    Py_XDECREF(holder);
    return snapshot;
}

/* ── the type ── */

static int builder_fill(SnapshotBuilder *self, PyObject *tick_type, PyObject *snapshot_type, PyObject *window_type)
{
    if (layout_find(&self->tick, tick_type, TICK_NAMES, TICK_FIELDS) < 0)
        return -1;
    self->snapshot_type = Py_NewRef(snapshot_type);
    self->window_type = Py_NewRef(window_type);
    self->spreads = PyDict_New();
    self->round = PyObject_GetAttrString((PyObject *)&PyFloat_Type, "__round__");
    return self->spreads != NULL && self->round != NULL ? 0 : -1;
}

static PyObject *builder_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "tick_type", "snapshot_type", "window_type", "windows", "multiplier", "price_digits", "max_samples",
        "resum_after", "interval_ns", "ema_fast", "ema_slow", "macd_signal", "rsi_period", "bollinger_period",
        "bollinger_width", "atr_period", NULL};
    PyObject *tick_type, *snapshot_type, *window_type, *specs, *price_digits;
    long long multiplier, max_samples, resum_after, interval, fast, slow, signal, rsi, band, atr;
    double width;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "OOO$OLOLLLLLLLLdL", names, &tick_type, &snapshot_type, &window_type, &specs, &multiplier,
            &price_digits, &max_samples, &resum_after, &interval, &fast, &slow, &signal, &rsi, &band, &width, &atr))
        return NULL;
    SnapshotBuilder *self = (SnapshotBuilder *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    IndicatorPeriods periods = {fast, slow, signal, rsi, band, atr, resum_after, width};
    self->vectorcall = builder_call;
    self->price_digits = Py_NewRef(price_digits);
    if (builder_fill(self, tick_type, snapshot_type, window_type) < 0
        || windows_init(&self->windows, specs, multiplier, max_samples, resum_after) < 0
        || indicators_init(&self->indicators, &periods, interval) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static int builder_traverse(PyObject *object, visitproc visit, void *arg)
{
    SnapshotBuilder *self = (SnapshotBuilder *)object;
    Py_VISIT(self->snapshot_type);
    Py_VISIT(self->window_type);
    Py_VISIT(self->price_digits);
    Py_VISIT(self->round);
    Py_VISIT(self->spreads);
    return layout_traverse(&self->tick, visit, arg);
}

static int builder_clear(PyObject *object)
{
    SnapshotBuilder *self = (SnapshotBuilder *)object;
    Py_CLEAR(self->snapshot_type);
    Py_CLEAR(self->window_type);
    Py_CLEAR(self->price_digits);
    Py_CLEAR(self->round);
    Py_CLEAR(self->spreads);
    layout_clear(&self->tick);
    return 0;
}

static void builder_dealloc(PyObject *object)
{
    SnapshotBuilder *self = (SnapshotBuilder *)object;
    PyObject_GC_UnTrack(object);
    builder_clear(object);
    Py_CLEAR(self->spread);
    windows_free(&self->windows);
    indicators_free(&self->indicators);
    Py_TYPE(object)->tp_free(object);
}

PyTypeObject SnapshotBuilder_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tradewind.native._compiled.SnapshotBuilder",
    .tp_doc = "Takes an instrument's next tick and returns everything known right after it.",
    .tp_basicsize = sizeof(SnapshotBuilder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(SnapshotBuilder, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = builder_new,
    .tp_traverse = builder_traverse,
    .tp_clear = builder_clear,
    .tp_dealloc = builder_dealloc,
};
