/* The push room's intakes of what comes with every tick, push/feed.py: the newest value per instrument, counted. */
#include "native.h"

/* Ticks have flags, features have none. */
enum { ID, SEQ, FLAGS, TICK_FIELDS, EVENT_FIELDS = FLAGS };
static const char *const EVENT_NAMES[TICK_FIELDS] = {"instrument_id", "seq", "flags"};
enum { OFFSET, IS_WATCHED, FEED_SLOTS };
static const char *const FEED_NAMES[FEED_SLOTS] = {"offset", "is_watched"};

enum { FEED, VALUES, PLAINLY, NOTE };
enum { OF_EVENT, OF_FEED };

typedef struct {
    Callable callable;
    int64_t last_flag;
} NewestFeed;

static int is_last(const NewestFeed *self, PyObject *event)
{
    int64_t flags;
    return self->last_flag
        && (!is_int64(*layout_slot(&self->callable.layouts[OF_EVENT], event, FLAGS), &flags) || flags & self->last_flag);
}

/* True when the event follows on the newest of its instrument; Python looks at any other. */
static int is_next(const Callable *self, PyObject *event)
{
    const Layout *layout = &self->layouts[OF_EVENT];
    int64_t seq, before;
    PyObject *old = PyDict_GetItemWithError(self->refs[VALUES], *layout_slot(layout, event, ID));
    if (old == NULL) {
        PyErr_Clear();
        return 0;
    }
    return layout_fits(layout, old) && is_int64(*layout_slot(layout, event, SEQ), &seq)
        && is_int64(*layout_slot(layout, old, SEQ), &before) && seq - 1 == before;
}

static PyObject *take(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Callable *self = (Callable *)callable;
    const Layout *of_event = &self->layouts[OF_EVENT], *of_feed = &self->layouts[OF_FEED];
    int64_t offset;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *event = args[0], *feed = self->refs[FEED];
    if (!layout_fits(of_event, event) || is_last((NewestFeed *)callable, event) || !is_next(self, event)
        || !is_int64(*layout_slot(of_feed, feed, OFFSET), &offset))
        return PyObject_CallOneArg(self->refs[PLAINLY], event);
    PyObject *id = *layout_slot(of_event, event, ID), *counted = PyLong_FromLongLong(offset + 1);
    if (counted == NULL)
        return NULL;
    slot_put(of_feed, feed, OFFSET, counted);
    if (PyDict_SetItem(self->refs[VALUES], id, event) < 0)
        return NULL;
    if (*layout_slot(of_feed, feed, IS_WATCHED) == Py_False)
        Py_RETURN_NONE;
    return PyObject_CallFunctionObjArgs(self->refs[NOTE], id, event, NULL);
}

static PyObject *feed_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"feed", "values", "plainly", "note", "event_type", "last_flag", NULL};
    PyObject *refs[NOTE + 1], *event_type;
    long long last_flag;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$OO!OOOL", names, &refs[FEED], &PyDict_Type, &refs[VALUES], &refs[PLAINLY], &refs[NOTE],
            &event_type, &last_flag))
        return NULL;
    Callable *self = (Callable *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at <= NOTE; at++)
        self->refs[at] = Py_NewRef(refs[at]);
    self->vectorcall = take;
    ((NewestFeed *)self)->last_flag = last_flag;
    Layout *layouts = self->layouts;
    if (layout_find(&layouts[OF_EVENT], event_type, EVENT_NAMES, last_flag ? TICK_FIELDS : EVENT_FIELDS) < 0
        || layout_find(&layouts[OF_FEED], (PyObject *)Py_TYPE(refs[FEED]), FEED_NAMES, FEED_SLOTS) < 0
        || !layout_must_be_direct(&layouts[OF_EVENT]) || !layout_must_be_direct(&layouts[OF_FEED]))
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(NewestFeed, NewestFeed, feed_new, callable_dealloc, "Notes the newest event of each instrument.");
