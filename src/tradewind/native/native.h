/* What the files of the compiled core share.
 *
 * The Python modules are the reference: every function here gives, bit for bit, what its Python counterpart gives, in
 * the same order of floating point operations (the build forbids contraction and reordering). Whatever is out of the
 * ordinary is handed back to Python.
 */
#ifndef TRADEWIND_NATIVE_H
#define TRADEWIND_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>

/* ── layout.c: fields of Python objects, read where they lie ─────────────────────────────────────────────────── */

enum { MOST_FIELDS = 40 };

/* Some fields of one class. `is_direct` when each is a plain member of its instances, so that reading one is a load
 * from memory; otherwise, and for instances of any other class, fields are asked for by name. */
typedef struct {
    PyTypeObject *type;
    int count;
    int is_direct;
    PyObject *names[MOST_FIELDS];
    Py_ssize_t offsets[MOST_FIELDS];
} Layout;

int layout_find(Layout *layout, PyObject *type, const char *const *names, int count);
/* True when an instance is nothing but these fields, and nothing is to be done when one is made. */
int layout_is_whole(const Layout *layout);
/* Make an instance of such a class; takes over the references to all its fields, also where it fails. */
PyObject *layout_make(const Layout *layout, PyObject *const *values);
int layout_traverse(Layout *layout, visitproc visit, void *arg);
void layout_clear(Layout *layout);
int layout_read_by_name(const Layout *layout, PyObject *object, PyObject **values, PyObject **holder);

static inline PyObject **layout_slot(const Layout *layout, PyObject *object, int field)
{
    return (PyObject **)((char *)object + layout->offsets[field]);
}

/* Fill `values` with the fields, borrowed from `object` or from `*holder`, which the caller releases. */
static inline int layout_read(const Layout *layout, PyObject *object, PyObject **values, PyObject **holder)
{
    *holder = NULL;
    if (Py_TYPE(object) == layout->type && layout->is_direct) {
        int field = 0;
        for (; field < layout->count; field++) {
            values[field] = *layout_slot(layout, object, field);
            if (values[field] == NULL)
                break;
        }
        if (field == layout->count)
            return 0;
    }
    return layout_read_by_name(layout, object, values, holder);
}

/* ── numbers as Python takes them ────────────────────────────────────────────────────────────────────────────── */

int divide(double dividend, double divisor, double *quotient);
int root(double value, double *result);
int overflowed(const char *what);

/* False with an exception set when `object` is no number. */
static inline int as_double(PyObject *object, double *value)
{
    if (PyFloat_CheckExact(object)) {
        *value = PyFloat_AS_DOUBLE(object);
        return 1;
    }
    *value = PyFloat_AsDouble(object);
    return !(*value == -1.0 && PyErr_Occurred());
}

/* False with an exception set when `object` is no whole number of 64 bits. */
static inline int as_int64(PyObject *object, int64_t *value)
{
    int overflow = 0;
    *value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow)
        overflowed("a whole number");
    return !(*value == -1 && PyErr_Occurred());
}

/* ── windows.c ───────────────────────────────────────────────────────────────────────────────────────────────── */

/* One tick, with the totals right after it of everything that is summed. */
typedef struct {
    int64_t ts;
    double price;
    int64_t lots;
    double yuan, returns, offset, offsets, squares;
} Sample;

/* Prices in the order in which they would become the extreme. */
typedef struct {
    double *items;
    size_t begin, count, room;
} PriceQueue;

typedef struct {
    PyObject *name;
    int64_t span, limit, size, oldest;
    double last, high, low;
    PriceQueue highs, lows;
} Window;

/* All windows of one instrument; the samples lie in one ring, since each window holds the newest of them. */
typedef struct {
    Window *windows;
    Py_ssize_t count;
    Sample *ring;
    uint64_t room, end;
    int is_begun;
    int64_t until_resum, resum_after, multiplier, lots;
    double last, anchor, yuan, returns, offsets, squares;
} Windows;

int windows_init(Windows *all, PyObject *specs, int64_t multiplier, int64_t max_samples, int64_t resum_after);
void windows_free(Windows *all);
/* Take the next tick in; return the tuple of what each window holds, made with `window_type`. */
PyObject *windows_advance(
    Windows *all, PyObject *window_type, int64_t ts, double price, int64_t volume, double turnover);

/* ── indicators.c ────────────────────────────────────────────────────────────────────────────────────────────── */

enum { INDICATORS = 10 };

typedef struct {
    int64_t fast, slow, signal, rsi, band, atr, resum_after;
    double width;
} IndicatorPeriods;

typedef struct {
    IndicatorPeriods periods;
    double fast_weight, slow_weight, signal_weight;
    int64_t needs[INDICATORS], ready, seen, until_care, slot;
    double fast, slow, line, gains, losses, reach, last, anchor, offsets, squares, rsi_weight, atr_weight;
    double *ring;
    PyObject *values[INDICATORS];
    /* The sample under way; `interval` 0 takes every tick as one. */
    int64_t interval, until;
    double high, low, close;
} Indicators;

int indicators_init(Indicators *set, const IndicatorPeriods *periods, int64_t interval);
void indicators_free(Indicators *set);
/* Take the next tick in; `values` are what a snapshot shows from here on. */
int indicators_advance(Indicators *set, int64_t ts, double price);

/* ── callable.c: what all callables have in common ───────────────────────────────────────────────────────────── */

enum { MOST_REFS = 10, MOST_LAYOUTS = 3 };

/* A function with state. It owns `refs` and `layouts`; what else it has needs no freeing. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *refs[MOST_REFS];
    Layout layouts[MOST_LAYOUTS];
} Callable;

int callable_traverse(PyObject *object, visitproc visit, void *arg);
int callable_clear(PyObject *object);
void callable_dealloc(PyObject *object);

#define CALLABLE_TYPE(NAME, STRUCT, NEW, DEALLOC, DOC)                                                                \
    PyTypeObject NAME##_Type = {                                                                                      \
        PyVarObject_HEAD_INIT(NULL, 0)                                                                                \
        .tp_name = "tradewind.native._compiled." #NAME,                                                               \
        .tp_doc = DOC,                                                                                                \
        .tp_basicsize = sizeof(STRUCT),                                                                               \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,                             \
        .tp_vectorcall_offset = offsetof(Callable, vectorcall),                                                       \
        .tp_call = PyVectorcall_Call,                                                                                 \
        .tp_new = NEW,                                                                                                \
        .tp_traverse = callable_traverse,                                                                             \
        .tp_clear = callable_clear,                                                                                   \
        .tp_dealloc = DEALLOC,                                                                                        \
    }

/* Each callable takes exactly one thing; false with an exception set otherwise. */
static inline int takes_one(size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) == 1 && names == NULL)
        return 1;
    PyErr_SetString(PyExc_TypeError, "exactly one argument is taken, by position");
    return 0;
}

/* ── fields and numbers on the short cuts, where anything unusual is Python's to handle ──────────────────────── */

/* A whole number of 64 bits and of the plain type; false, without an exception, for anything else. */
static inline int is_int64(PyObject *object, int64_t *value)
{
    int overflow;
    if (object == NULL || !PyLong_CheckExact(object))
        return 0;
    *value = PyLong_AsLongLongAndOverflow(object, &overflow);
    return !overflow;
}

static inline int is_float(PyObject *object, double *value)
{
    if (object == NULL || !PyFloat_CheckExact(object))
        return 0;
    *value = PyFloat_AS_DOUBLE(object);
    return 1;
}

/* Put a value, whose reference is taken over, into a slot. */
static inline void slot_put(const Layout *layout, PyObject *object, int field, PyObject *value)
{
    PyObject **slot = layout_slot(layout, object, field), *old = *slot;
    *slot = value;
    Py_XDECREF(old);
}

/* Only classes whose fields lie open are taken on; false with a TypeError otherwise. */
int layout_must_be_direct(const Layout *layout);

/* True when `object` is of exactly this class, so that its fields may be read where they lie. */
static inline int layout_fits(const Layout *layout, PyObject *object) { return Py_TYPE(object) == layout->type; }

/* The exception under way, taken off; its traceback with it. */
PyObject *taken_exception(void);

/* ── the callables ───────────────────────────────────────────────────────────────────────────────────────────── */

extern PyTypeObject SnapshotBuilder_Type, TickShortCut_Type, LineIntake_Type, Publisher_Type, StrategyCaller_Type;
extern PyTypeObject Dispatcher_Type, FeatureHandler_Type, PriceWatch_Type, LimitWatch_Type, VolatilityWatch_Type;
extern PyTypeObject NewestFeed_Type;

#endif
