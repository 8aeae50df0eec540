/* bus/local.py `LocalBus.publisher`: a loop over the handlers, each guarded, one publish in so many timed. */
#include "native.h"

enum { FLAT, NAME, CHANNEL_SLOTS };
static const char *const CHANNEL_NAMES[CHANNEL_SLOTS] = {"flat", "name"};
enum { IS_SAMPLING, BUS_SLOTS };
static const char *const BUS_NAMES[BUS_SLOTS] = {"_is_sampling"};

enum { BUS, CHANNEL, TIMED, FAILED };
enum { OF_CHANNEL, OF_BUS };

typedef struct {
    Callable callable;
    int64_t countdown, every;
} Publisher;

static inline PyObject *channel_slot(const Publisher *self, int field)
{
    return *layout_slot(&self->callable.layouts[OF_CHANNEL], self->callable.refs[CHANNEL], field);
}

/* The handler guard, one of the three boundaries: what a handler raised is reported, the next is served. */
static int report(Publisher *self, PyObject *group, PyObject *event)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyObject *error = taken_exception();
    PyObject *done = PyObject_CallFunctionObjArgs(
        self->callable.refs[FAILED], channel_slot(self, NAME), group, event, error, NULL);
    Py_XDECREF(error);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static PyObject *publish(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Publisher *self = (Publisher *)callable;
    PyObject **refs = self->callable.refs;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *event = args[0];
    self->countdown -= 1;
    if (self->countdown == 0 || *layout_slot(&self->callable.layouts[OF_BUS], refs[BUS], IS_SAMPLING) == Py_True) {
        self->countdown = self->every;
        return PyObject_CallFunctionObjArgs(refs[TIMED], refs[CHANNEL], event, NULL);
    }
    /* Held on to: a handler may subscribe or cancel, which takes effect with the next event. */
    PyObject *flat = Py_NewRef(channel_slot(self, FLAT));
    int is_good = PyTuple_CheckExact(flat);
    if (!is_good)
        PyErr_SetString(PyExc_TypeError, "a channel's handlers must be a tuple");
    for (Py_ssize_t at = 0; is_good && at < PyTuple_GET_SIZE(flat); at++) {
        PyObject *pair = PyTuple_GET_ITEM(flat, at);
        PyObject *done = PyObject_CallOneArg(PyTuple_GET_ITEM(pair, 0), event);
        if (done != NULL)
            Py_DECREF(done);
        else
            is_good = report(self, PyTuple_GET_ITEM(pair, 1), event) == 0;
    }
    Py_DECREF(flat);
    return is_good ? Py_NewRef(Py_None) : NULL;
}

static PyObject *publisher_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"bus", "channel", "timed", "failed", "countdown", "every", NULL};
    PyObject *refs[FAILED + 1];
    long long countdown, every;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$OOOOLL", names, &refs[BUS], &refs[CHANNEL], &refs[TIMED], &refs[FAILED], &countdown,
            &every))
        return NULL;
    Publisher *self = (Publisher *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at <= FAILED; at++)
        self->callable.refs[at] = Py_NewRef(refs[at]);
    self->callable.vectorcall = publish;
    self->countdown = countdown;
    self->every = every;
    Layout *layouts = self->callable.layouts;
    if (layout_find(&layouts[OF_CHANNEL], (PyObject *)Py_TYPE(refs[CHANNEL]), CHANNEL_NAMES, CHANNEL_SLOTS) < 0
        || layout_find(&layouts[OF_BUS], (PyObject *)Py_TYPE(refs[BUS]), BUS_NAMES, BUS_SLOTS) < 0
        || !layout_must_be_direct(&layouts[OF_CHANNEL]) || !layout_must_be_direct(&layouts[OF_BUS]))
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(Publisher, Publisher, publisher_new, callable_dealloc, "Hands an event to every handler of one topic, in turn.");
