/* The short cut of market/instrument_cleaner.py: the ordinary tick, in order, in session, of prices seen before.
 *
 * It reads and writes the cleaner's own slots, so the careful half in Python always finds them as it would have left
 * them itself; and whatever this cannot vouch for goes there untouched. */
#include "native.h"
#include <string.h>

enum {
    RAW_ID, RAW_TS, RAW_RECV, RAW_DAY, RAW_LAST, RAW_VOLUME, RAW_TURNOVER, RAW_INTEREST, RAW_BID, RAW_BID_VOLUME,
    RAW_ASK, RAW_ASK_VOLUME, RAW_OPEN, RAW_HIGH, RAW_LOW, RAW_PRE_SETTLEMENT, RAW_PRE_CLOSE, RAW_PRE_INTEREST, RAW_UP,
    RAW_DOWN, RAW_SETTLEMENT, RAW_DEPTH, RAW_FIELDS
};

/* The slots that stand for the raw tick's day fields come first, in its order from RAW_OPEN to RAW_DOWN. */
enum {
    KNOWN_OPEN, KNOWN_HIGH, KNOWN_LOW, KNOWN_PRE_SETTLEMENT, KNOWN_PRE_CLOSE, KNOWN_PRE_INTEREST, KNOWN_UP, KNOWN_DOWN,
    KNOWN_SETTLEMENT, LAST_TS, LAST, VOLUME, TURNOVER, INTEREST, PREVIOUS, SEQ, FAST_GAP, UNTIL, LAG_LOW, LAG_HIGH,
    JUMP_LOW, JUMP_HIGH, SCALE, IS_BOOKLESS, DAY, DEPTH_RAW, DEPTH, TRADING_DAY, INSTRUMENT_ID, SLOTS
};

static const char *const SLOT_NAMES[SLOTS] = {
    "_raw_open", "_raw_high", "_raw_low", "_raw_pre_settlement", "_raw_pre_close", "_raw_pre_interest", "_raw_up",
    "_raw_down", "_raw_settlement", "_last_ts", "_last", "_volume", "_turnover", "_interest", "_previous", "seq",
    "_fast_gap_ns", "_until", "_lag_low", "_lag_high", "_jump_low", "_jump_high", "_scale", "_is_bookless", "_day",
    "_depth_raw", "_depth", "_trading_day", "_instrument_id"};

static const char *const GRID_NAMES[] = {"generation"};

enum { CLEANER, CAREFULLY, GRID, MEMO, TICK_TYPE, ZERO };
enum { OF_CLEANER, OF_GRID };
enum { DAY_FIELDS = 9, TICK_FIELDS = 26, LEVEL_FIELDS = 4, KNOWN_PRICES = 256 };

/* A price looked up before. */
typedef struct {
    double raw;
    PyObject *clean;
} KnownPrice;

/* `known` repeats entries of the memo, found without hashing a float; void once the memo has been emptied. */
typedef struct {
    Callable callable;
    int64_t max_volume, generation;
    double huge;
    KnownPrice known[KNOWN_PRICES];
} TickShortCut;

/* What an ordinary tick comes to; the volumes are borrowed from the raw one. */
typedef struct {
    PyObject *last, *bid, *ask, *depth, *turnover, *interest, *bid_volume, *ask_volume;
    int64_t volume_delta;
    double turnover_delta;
} Ordinary;

static inline PyObject *slot(const TickShortCut *self, int field)
{
    return *layout_slot(&self->callable.layouts[OF_CLEANER], self->callable.refs[CLEANER], field);
}

static void forget(TickShortCut *self)
{
    for (int at = 0; at < KNOWN_PRICES; at++)
        Py_CLEAR(self->known[at].clean);
}

/* Give up what is known once the memo has been emptied; false when there is no telling. */
static int keep_up(TickShortCut *self)
{
    int64_t generation;
    if (!is_int64(*layout_slot(&self->callable.layouts[OF_GRID], self->callable.refs[GRID], 0), &generation))
        return 0;
    if (generation != self->generation) {
        forget(self);
        self->generation = generation;
    }
    return 1;
}

static KnownPrice *place_of(TickShortCut *self, double raw)
{
    uint64_t bits;
    memcpy(&bits, &raw, sizeof bits);
    return &self->known[(bits * UINT64_C(0x9E3779B97F4A7C15)) >> 56];
}

/* The judgement of a price, borrowed; NULL, without an exception, when there is none yet. */
static PyObject *judged(TickShortCut *self, PyObject *raw)
{
    double value;
    if (!is_float(raw, &value))
        return raw == Py_None ? Py_None : NULL;
    KnownPrice *known = place_of(self, value);
    if (known->clean != NULL && known->raw == value)
        return known->clean;
    PyObject *price = PyDict_GetItemWithError(self->callable.refs[MEMO], raw);
    if (price == NULL) {
        PyErr_Clear();
        return NULL;
    }
    known->raw = value;
    Py_XSETREF(known->clean, Py_NewRef(price));
    return price;
}

/* Equal as Python says, for what a feed sends again and again; anything else counts as different. */
static int is_same(PyObject *one, PyObject *other)
{
    if (other != NULL && PyFloat_CheckExact(one))
        return PyFloat_CheckExact(other) && PyFloat_AS_DOUBLE(one) == PyFloat_AS_DOUBLE(other);
    return one == other;
}

/* True when the number is one of ours and in 0 … below, both volumes of a level together. */
static int are_sizes(PyObject *bid, PyObject *ask, int64_t below)
{
    int64_t bid_lots, ask_lots;
    return is_int64(bid, &bid_lots) && is_int64(ask, &ask_lots) && bid_lots >= 0 && ask_lots >= 0 && bid_lots < below
        && ask_lots < below && bid_lots + ask_lots < below;
}

/* The levels beyond the first by look-up alone; NULL when something in them has to be looked at carefully. */
static PyObject *depth_by_memo(TickShortCut *self, PyObject *raw)
{
    if (raw == Py_None)
        return Py_NewRef(Py_None);
    if (!PyTuple_CheckExact(raw))
        return NULL;
    PyObject *levels = PyTuple_New(PyTuple_GET_SIZE(raw));
    for (Py_ssize_t at = 0; levels != NULL && at < PyTuple_GET_SIZE(raw); at++) {
        PyObject *level = PyTuple_GET_ITEM(raw, at), *clean = NULL;
        if (PyTuple_CheckExact(level) && PyTuple_GET_SIZE(level) == LEVEL_FIELDS) {
            /* Held on to: the second look-up may put another price in the place of the first. */
            PyObject *bid = Py_XNewRef(judged(self, PyTuple_GET_ITEM(level, 0)));
            PyObject *ask = judged(self, PyTuple_GET_ITEM(level, 2)), *bid_volume = PyTuple_GET_ITEM(level, 1), *ask_volume = PyTuple_GET_ITEM(level, 3);
            if (bid != NULL && ask != NULL && bid != Py_None && ask != Py_None
                && are_sizes(bid_volume, ask_volume, self->max_volume))
                clean = PyTuple_Pack(LEVEL_FIELDS, bid, bid_volume, ask, ask_volume);
            Py_XDECREF(bid);
        }
        if (clean == NULL)
            Py_CLEAR(levels);
        else
            PyTuple_SET_ITEM(levels, at, clean);
    }
    PyErr_Clear();
    return levels;
}

/* In order, in session, not too long after the one before, and on its way as long as others. */
static int is_in_time(const TickShortCut *self, PyObject *const *raw, int64_t volume_delta)
{
    int64_t ts, ts_recv, last_ts, until, gap, most, low, high, lag;
    if (!is_int64(raw[RAW_TS], &ts) || !is_int64(raw[RAW_RECV], &ts_recv) || !is_int64(slot(self, LAST_TS), &last_ts)
        || !is_int64(slot(self, UNTIL), &until) || !is_int64(slot(self, FAST_GAP), &most)
        || __builtin_sub_overflow(ts, last_ts, &gap) || gap < 0 || gap > most || ts > until)
        return 0;
    if (volume_delta == 0 && gap == 0)
        return 0;
    return ts == ts_recv
        || (is_int64(slot(self, LAG_LOW), &low) && is_int64(slot(self, LAG_HIGH), &high)
            && !__builtin_sub_overflow(ts_recv, ts, &lag) && low <= lag && lag <= high);
}

static int is_day_known(const TickShortCut *self, PyObject *const *raw)
{
    for (int field = KNOWN_OPEN; field <= KNOWN_DOWN; field++)
        if (!is_same(raw[RAW_OPEN + field], slot(self, field)))
            return 0;
    return raw[RAW_SETTLEMENT] == slot(self, KNOWN_SETTLEMENT);
}

static int take_prices(TickShortCut *self, PyObject *const *raw, Ordinary *tick)
{
    double last, bid, ask, low, high;
    tick->last = Py_XNewRef(judged(self, raw[RAW_LAST]));
    tick->bid = Py_XNewRef(judged(self, raw[RAW_BID]));
    tick->ask = Py_XNewRef(judged(self, raw[RAW_ASK]));
    tick->bid_volume = raw[RAW_BID_VOLUME];
    tick->ask_volume = raw[RAW_ASK_VOLUME];
    if (!is_float(tick->last, &last) || !is_float(slot(self, JUMP_LOW), &low)
        || !is_float(slot(self, JUMP_HIGH), &high) || !(low <= last && last <= high))
        return 0;
    if (tick->bid == Py_None && tick->ask == Py_None && slot(self, IS_BOOKLESS) == Py_True) {
        tick->bid_volume = tick->ask_volume = self->callable.refs[ZERO];
        return 1;
    }
    return is_float(tick->bid, &bid) && is_float(tick->ask, &ask) && !(bid > ask)
        && are_sizes(tick->bid_volume, tick->ask_volume, self->max_volume);
}

/* `value` times `factor`; the object itself where that changes nothing. NULL without an exception if no number. */
static PyObject *scaled(PyObject *value, double factor, double *product)
{
    if (!is_float(value, product))
        return NULL;
    if (factor == 1.0)
        return Py_NewRef(value);
    *product *= factor;
    return PyFloat_FromDouble(*product);
}

static int take_money(const TickShortCut *self, PyObject *const *raw, Ordinary *tick)
{
    double scale, turnover, before, interest;
    if (!is_float(slot(self, SCALE), &scale) || !is_float(slot(self, TURNOVER), &before))
        return 0;
    PyObject *given = raw[RAW_INTEREST] == Py_None ? slot(self, INTEREST) : raw[RAW_INTEREST];
    if (!is_float(given, &interest) || !(0.0 <= interest && interest < self->huge))
        return 0;
    tick->turnover = scaled(raw[RAW_TURNOVER], scale, &turnover);
    if (tick->turnover == NULL)
        return 0;
    /* Adding 0.0 only ever changes -0.0. */
    tick->interest = interest == 0.0 ? PyFloat_FromDouble(interest + 0.0) : Py_NewRef(given);
    tick->turnover_delta = turnover - before;
    return tick->interest != NULL && 0.0 <= tick->turnover_delta && tick->turnover_delta < self->huge;
}

/* True when the tick is ordinary in every respect; `tick` is filled then. Changes nothing. */
static int is_ordinary(TickShortCut *self, PyObject *const *raw, Ordinary *tick)
{
    int64_t volume, before;
    if (!is_int64(raw[RAW_VOLUME], &volume) || !is_int64(slot(self, VOLUME), &before)
        || __builtin_sub_overflow(volume, before, &tick->volume_delta) || tick->volume_delta < 0
        || tick->volume_delta >= self->max_volume)
        return 0;
    if (!keep_up(self) || !is_in_time(self, raw, tick->volume_delta) || !is_day_known(self, raw) || !take_prices(self, raw, tick)
        || !take_money(self, raw, tick))
        return 0;
    PyObject *depth = slot(self, DEPTH);
    tick->depth = raw[RAW_DEPTH] == slot(self, DEPTH_RAW) ? Py_NewRef(depth) : depth_by_memo(self, raw[RAW_DEPTH]);
    return tick->depth != NULL;
}

static PyObject *accepted(TickShortCut *self, PyObject *whole, PyObject *const *raw, const Ordinary *tick)
{
    const Layout *layout = &self->callable.layouts[OF_CLEANER];
    PyObject *cleaner = self->callable.refs[CLEANER], *day = slot(self, DAY), *message = NULL;
    int64_t before;
    if (!as_int64(slot(self, SEQ), &before))
        return NULL;
    PyObject *seq = PyLong_FromLongLong(before + 1), *zero = self->callable.refs[ZERO];
    PyObject *volume_delta = PyLong_FromLongLong(tick->volume_delta);
    PyObject *turnover_delta = PyFloat_FromDouble(tick->turnover_delta);
    if (seq != NULL && volume_delta != NULL && turnover_delta != NULL) {
        slot_put(layout, cleaner, LAST_TS, Py_NewRef(raw[RAW_TS]));
        slot_put(layout, cleaner, LAST, Py_NewRef(tick->last));
        slot_put(layout, cleaner, VOLUME, Py_NewRef(raw[RAW_VOLUME]));
        slot_put(layout, cleaner, TURNOVER, Py_NewRef(tick->turnover));
        slot_put(layout, cleaner, INTEREST, Py_NewRef(tick->interest));
        slot_put(layout, cleaner, PREVIOUS, Py_NewRef(whole));
        slot_put(layout, cleaner, SEQ, Py_NewRef(seq));
        PyObject *const *seldom = &PyTuple_GET_ITEM(day, 0);
        PyObject *fields[TICK_FIELDS] = {
            slot(self, INSTRUMENT_ID), seq, raw[RAW_TS], raw[RAW_RECV], slot(self, TRADING_DAY), tick->last,
            raw[RAW_VOLUME], tick->turnover, tick->interest, tick->bid, tick->bid_volume, tick->ask, tick->ask_volume,
            seldom[0], seldom[1], seldom[2], seldom[3], seldom[4], seldom[5], seldom[6], seldom[7], seldom[8],
            tick->depth, volume_delta, turnover_delta, zero};
        message = PyObject_Vectorcall(self->callable.refs[TICK_TYPE], fields, TICK_FIELDS, NULL);
    }
    Py_XDECREF(seq);
    Py_XDECREF(volume_delta);
    Py_XDECREF(turnover_delta);
    return message;
}

static PyObject *clean(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    TickShortCut *self = (TickShortCut *)callable;
    Ordinary tick = {0};
    PyObject *outcome = NULL;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *whole = args[0], *day = slot(self, DAY);
    if (PyTuple_Check(whole) && PyTuple_GET_SIZE(whole) == RAW_FIELDS && PyTuple_CheckExact(day)
        && PyTuple_GET_SIZE(day) == DAY_FIELDS) {
        PyObject *const *raw = &PyTuple_GET_ITEM(whole, 0);
        int passes = is_ordinary(self, raw, &tick);
        if (passes)
            outcome = accepted(self, whole, raw, &tick);
        Py_XDECREF(tick.last);
        Py_XDECREF(tick.bid);
        Py_XDECREF(tick.ask);
        Py_XDECREF(tick.depth);
        Py_XDECREF(tick.turnover);
        Py_XDECREF(tick.interest);
        if (passes)
            return outcome;
    }
    return PyObject_CallOneArg(self->callable.refs[CAREFULLY], whole);
}

static PyObject *cut_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"cleaner", "grid", "memo", "tick_type", "max_volume", "huge", NULL};
    PyObject *cleaner, *grid, *memo, *tick_type;
    long long max_volume;
    double huge;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "OOO!O$Ld", names, &cleaner, &grid, &PyDict_Type, &memo, &tick_type, &max_volume, &huge))
        return NULL;
    if (max_volume < 0 || max_volume > INT64_MAX / 2) {
        overflowed("max_volume");
        return NULL;
    }
    TickShortCut *self = (TickShortCut *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    PyObject **refs = self->callable.refs;
    self->callable.vectorcall = clean;
    self->max_volume = max_volume;
    self->huge = huge;
    refs[CLEANER] = Py_NewRef(cleaner);
    refs[GRID] = Py_NewRef(grid);
    refs[MEMO] = Py_NewRef(memo);
    refs[TICK_TYPE] = Py_NewRef(tick_type);
    refs[ZERO] = PyLong_FromLong(0);
    refs[CAREFULLY] = PyObject_GetAttrString(cleaner, "clean_carefully");
    Layout *layouts = self->callable.layouts;
    if (refs[CAREFULLY] == NULL
        || layout_find(&layouts[OF_CLEANER], (PyObject *)Py_TYPE(cleaner), SLOT_NAMES, SLOTS) < 0
        || layout_find(&layouts[OF_GRID], (PyObject *)Py_TYPE(grid), GRID_NAMES, 1) < 0
        || !layout_must_be_direct(&layouts[OF_CLEANER]) || !layout_must_be_direct(&layouts[OF_GRID]))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void cut_dealloc(PyObject *object)
{
    forget((TickShortCut *)object);
    callable_dealloc(object);
}

CALLABLE_TYPE(TickShortCut, TickShortCut, cut_new, cut_dealloc, "Returns the clean tick, or why there is none.");
