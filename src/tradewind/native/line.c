/* The line's mouth, market/service.py `MarketLine.accept`, with kernel/clock.py `LineClock.advance_to` written out.
 *
 * What is new in any way (an instrument, a far time, no tuple at all) goes through the Python method untouched. */
#include "native.h"
#include <time.h>

enum { RAW_ID = 0, RAW_RECV = 2, RAW_ENOUGH = 3 };
enum { NOW, NEXT_DUE, CLOCK_SLOTS };
static const char *const CLOCK_NAMES[CLOCK_SLOTS] = {"_now", "_next_due"};

enum { PLAINLY, TRUSTED, BY_ID, CLOCK, ADVANCE, PUBLISH, TURN_AWAY, OBSERVE, FLUSH, TICK_TYPE };

typedef struct {
    Callable callable;
    int64_t trusted, sample, until_sample, flush_ns, flushed_ns;
} LineIntake;

/* Go the long way, and learn how far line time may jump from here. */
static PyObject *plainly(LineIntake *self, PyObject *raw)
{
    PyObject *done = PyObject_CallOneArg(self->callable.refs[PLAINLY], raw);
    if (done == NULL)
        return NULL;
    PyObject *trusted = PyObject_CallNoArgs(self->callable.refs[TRUSTED]);
    if (trusted == NULL || !is_int64(trusted, &self->trusted))
        self->trusted = INT64_MIN;
    Py_XDECREF(trusted);
    if (PyErr_Occurred())
        Py_CLEAR(done);
    return done;
}

/* Move line time on; timers that fall due, and the very first move, are the clock's own business. */
static int advance(LineIntake *self, PyObject *recv, int64_t ts)
{
    const Layout *layout = &self->callable.layouts[0];
    PyObject *clock = self->callable.refs[CLOCK];
    int64_t now, next_due;
    if (is_int64(*layout_slot(layout, clock, NOW), &now) && now != 0
        && is_int64(*layout_slot(layout, clock, NEXT_DUE), &next_due)) {
        if (ts <= now)
            return 0;
        if (ts < next_due) {
            slot_put(layout, clock, NOW, Py_NewRef(recv));
            return 0;
        }
    }
    PyObject *done = PyObject_CallOneArg(self->callable.refs[ADVANCE], recv);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

/* Nanoseconds of the clock that kernel/clock.py `perf_ns` reads. */
static int64_t perf_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int measure(LineIntake *self, int64_t begun)
{
    int64_t now = perf_ns();
    PyObject *taken = PyLong_FromLongLong(now - begun);
    PyObject *done = taken != NULL ? PyObject_CallOneArg(self->callable.refs[OBSERVE], taken) : NULL;
    Py_XDECREF(taken);
    if (done != NULL && now - self->flushed_ns >= self->flush_ns) {
        self->flushed_ns = now;
        Py_SETREF(done, PyObject_CallNoArgs(self->callable.refs[FLUSH]));
    }
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int pass_on(LineIntake *self, PyObject *clean, PyObject *raw)
{
    PyObject **refs = self->callable.refs;
    PyObject *outcome = PyObject_CallOneArg(clean, raw);
    if (outcome == NULL)
        return -1;
    PyObject *next = refs[Py_TYPE(outcome) == (PyTypeObject *)refs[TICK_TYPE] ? PUBLISH : TURN_AWAY];
    PyObject *done = PyObject_CallOneArg(next, outcome);
    Py_DECREF(outcome);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static PyObject *accept(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    LineIntake *self = (LineIntake *)callable;
    PyObject **refs = self->callable.refs;
    int64_t ts;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *raw = args[0];
    if (!PyTuple_Check(raw) || PyTuple_GET_SIZE(raw) < RAW_ENOUGH)
        return plainly(self, raw);
    PyObject *recv = PyTuple_GET_ITEM(raw, RAW_RECV), *id = PyTuple_GET_ITEM(raw, RAW_ID);
    if (!is_int64(recv, &ts) || ts > self->trusted || !PyUnicode_CheckExact(id))
        return plainly(self, raw);
    PyObject *clean = PyDict_GetItemWithError(refs[BY_ID], id);
    if (clean == NULL)
        return PyErr_Occurred() ? NULL : plainly(self, raw);
    Py_INCREF(clean);
    int is_sampled = --self->until_sample <= 0;
    int64_t begun = 0;
    if (is_sampled) {
        self->until_sample = self->sample;
        begun = perf_ns();
    }
    int is_good = advance(self, recv, ts) == 0 && pass_on(self, clean, raw) == 0
        && (!is_sampled || measure(self, begun) == 0);
    Py_DECREF(clean);
    return is_good ? Py_NewRef(Py_None) : NULL;
}

static PyObject *intake_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "plainly", "trusted", "by_id", "clock", "advance", "publish", "turn_away", "observe", "flush", "tick_type",
        "sample", "flush_ns", NULL};
    PyObject *refs[TICK_TYPE + 1];
    long long sample, flush_ns;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$OOO!OOOOOOO!LL", names, &refs[PLAINLY], &refs[TRUSTED], &PyDict_Type, &refs[BY_ID],
            &refs[CLOCK], &refs[ADVANCE], &refs[PUBLISH], &refs[TURN_AWAY], &refs[OBSERVE], &refs[FLUSH],
            &PyType_Type, &refs[TICK_TYPE], &sample,
            &flush_ns))
        return NULL;
    LineIntake *self = (LineIntake *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at <= TICK_TYPE; at++)
        self->callable.refs[at] = Py_NewRef(refs[at]);
    self->callable.vectorcall = accept;
    self->trusted = INT64_MIN;
    self->sample = sample;
    self->until_sample = sample;
    self->flush_ns = flush_ns;
    Layout *layout = &self->callable.layouts[0];
    if (layout_find(layout, (PyObject *)Py_TYPE(refs[CLOCK]), CLOCK_NAMES, CLOCK_SLOTS) < 0
        || !layout_must_be_direct(layout))
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(LineIntake, LineIntake, intake_new, callable_dealloc, "Moves line time, cleans a raw tick and publishes what passes.");
