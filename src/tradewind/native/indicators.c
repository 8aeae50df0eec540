/* features/indicators.py and features/sampling.py in C. Between two samples a snapshot shows the same objects. */
#include "native.h"

static int64_t larger(int64_t one, int64_t other) { return one > other ? one : other; }

static int64_t smaller(int64_t one, int64_t other) { return one < other ? one : other; }

/* Before every sample of the first time, then now and then: begin, set the weights, sum the ring afresh. */
static void care(Indicators *set, double close)
{
    const IndicatorPeriods *periods = &set->periods;
    if (set->seen == 0)
        set->fast = set->slow = set->last = close;
    set->seen = smaller(set->seen + 1, set->ready);
    set->until_care = set->seen == set->ready ? periods->resum_after : 0;
    set->rsi_weight = 1.0 / (double)larger(smaller(set->seen - 1, periods->rsi), 1);
    set->atr_weight = 1.0 / (double)smaller(set->seen, periods->atr);
    set->anchor = set->last;
    set->offsets = 0.0;
    set->squares = 0.0;
    for (int64_t at = 0; at < periods->band; at++) {
        double offset = set->ring[at] - set->anchor;
        set->offsets += offset;
        set->squares += offset * offset;
    }
}

static int show(Indicators *set, const double *values)
{
    for (int at = 0; at < INDICATORS; at++) {
        PyObject *value = set->seen >= set->needs[at] ? PyFloat_FromDouble(values[at]) : Py_NewRef(Py_None);
        if (value == NULL)
            return -1;
        Py_XSETREF(set->values[at], value);
    }
    return 0;
}

static int take(Indicators *set, double high, double low, double close)
{
    const IndicatorPeriods *periods = &set->periods;
    double half = 0.0;
    if (set->until_care <= 0)
        care(set, close);
    set->until_care -= 1;
    set->fast += set->fast_weight * (close - set->fast);
    set->slow += set->slow_weight * (close - set->slow);
    double macd = set->fast - set->slow;
    set->line += set->signal_weight * (macd - set->line);
    double change = close - set->last;
    set->gains += ((change > 0.0 ? change : 0.0) - set->gains) * set->rsi_weight;
    set->losses += ((change < 0.0 ? -change : 0.0) - set->losses) * set->rsi_weight;
    double moved = set->gains + set->losses;
    if (set->last > high)
        high = set->last;
    else if (set->last < low)
        low = set->last;
    set->last = close;
    set->reach += (high - low - set->reach) * set->atr_weight;
    double gone = set->ring[set->slot] - set->anchor;
    set->ring[set->slot] = close;
    set->slot = set->slot < periods->band - 1 ? set->slot + 1 : 0;
    double offset = close - set->anchor;
    set->offsets += offset - gone;
    set->squares += offset * offset - gone * gone;
    double distance = set->offsets / (double)periods->band;
    double variance = set->squares / (double)periods->band - distance * distance;
    double mid = set->anchor + distance;
    if (variance > 0.0) {
        if (root(variance, &half) < 0)
            return -1;
        half = periods->width * half;
    }
    double strength = moved > 0.0 ? 100.0 * set->gains / moved : 50.0;
    double values[INDICATORS] = {
        set->fast, set->slow, macd, set->line, macd - set->line, strength, mid, mid + half, mid - half, set->reach};
    return show(set, values);
}

/* The end of the interval that `ts` lies in, intervals counted from the epoch. */
static int interval_end(int64_t ts, int64_t interval, int64_t *end)
{
    int64_t whole = ts / interval - (ts % interval < 0);
    if (__builtin_mul_overflow(whole + 1, interval, end))
        return overflowed("ts_event");
    return 0;
}

int indicators_advance(Indicators *set, int64_t ts, double price)
{
    if (set->interval == 0)
        return take(set, price, price, price);
    if (ts >= set->until) {
        int64_t until;
        if (interval_end(ts, set->interval, &until) < 0)
            return -1;
        if (set->until != 0 && take(set, set->high, set->low, set->close) < 0)
            return -1;
        set->until = until;
        set->high = set->low = price;
    } else if (price > set->high) {
        set->high = price;
    } else if (price < set->low) {
        set->low = price;
    }
    set->close = price;
    return 0;
}

int indicators_init(Indicators *set, const IndicatorPeriods *periods, int64_t interval)
{
    const int64_t most = 1 << 24;
    const int64_t each[] = {periods->fast, periods->slow, periods->signal, periods->rsi, periods->band, periods->atr};
    for (size_t at = 0; at < Py_ARRAY_LENGTH(each); at++)
        if (each[at] < 1 || each[at] > most) {
            PyErr_Format(PyExc_ValueError, "a period must be at least 1 and at most %lld, was %lld", (long long)most, (long long)each[at]);
            return -1;
        }
    if (interval < 0) {
        PyErr_Format(PyExc_ValueError, "interval_ns must not be below 0, was %lld", (long long)interval);
        return -1;
    }
    set->periods = *periods;
    set->interval = interval;
    set->fast_weight = 2.0 / ((double)periods->fast + 1.0);
    set->slow_weight = 2.0 / ((double)periods->slow + 1.0);
    set->signal_weight = 2.0 / ((double)periods->signal + 1.0);
    int64_t line = periods->slow + periods->signal - 1;
    const int64_t needs[INDICATORS] = {
        periods->fast, periods->slow, periods->slow, line, line, periods->rsi + 1,
        periods->band, periods->band, periods->band, periods->atr};
    for (int at = 0; at < INDICATORS; at++) {
        set->needs[at] = needs[at];
        set->ready = larger(set->ready, needs[at]);
        set->values[at] = Py_NewRef(Py_None);
    }
    set->ring = PyMem_Calloc((size_t)periods->band, sizeof(double));
    if (set->ring == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

void indicators_free(Indicators *set)
{
    for (int at = 0; at < INDICATORS; at++)
        Py_CLEAR(set->values[at]);
    PyMem_Free(set->ring);
    set->ring = NULL;
}
