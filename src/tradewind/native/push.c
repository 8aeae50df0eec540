/* The push room's intakes of what comes with every tick, push/feed.py: the newest value per instrument, counted. */
#include "native.h"

enum { ID, SEQ, EVENT_FIELDS };
static const char *const EVENT_NAMES[EVENT_FIELDS] = {"instrument_id", "seq"};
enum { OFFSET, IS_WATCHED, FEED_SLOTS };
static const char *const FEED_NAMES[FEED_SLOTS] = {"offset", "is_watched"};

enum { FEED, VALUES, PLAINLY, NOTE };
enum { OF_EVENT, OF_FEED };

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
    if (!layout_fits(of_event, event) || !is_next(self, event) || !is_int64(*layout_slot(of_feed, feed, OFFSET), &offset))
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
    static char *names[] = {"feed", "values", "plainly", "note", "event_type", NULL};
    PyObject *refs[NOTE + 1], *event_type;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$OO!OOO", names, &refs[FEED], &PyDict_Type, &refs[VALUES], &refs[PLAINLY], &refs[NOTE],
            &event_type))
        return NULL;
    Callable *self = (Callable *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at <= NOTE; at++)
        self->refs[at] = Py_NewRef(refs[at]);
    self->vectorcall = take;
    Layout *layouts = self->layouts;
    if (layout_find(&layouts[OF_EVENT], event_type, EVENT_NAMES, EVENT_FIELDS) < 0
        || layout_find(&layouts[OF_FEED], (PyObject *)Py_TYPE(refs[FEED]), FEED_NAMES, FEED_SLOTS) < 0
        || !layout_must_be_direct(&layouts[OF_EVENT]) || !layout_must_be_direct(&layouts[OF_FEED]))
        Py_CLEAR(self);
    return (PyObject *)self;
}

CALLABLE_TYPE(NewestFeed, Callable, feed_new, callable_dealloc, "Notes the newest event of each instrument.");
