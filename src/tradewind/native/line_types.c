/* What Python sees of the line's order: `LineCore`, and the functions it publishes with. */
#include "line_core.h"

/* ── publishing ── */

enum { CORE, TOPIC, NAME, PACKER };

typedef struct {
    Callable callable;
    int64_t resumed;
    Key written;
} LinePublisher;

static inline LineCore *core_of(const LinePublisher *self) { return (LineCore *)self->callable.refs[CORE]; }

/* Learn anew what had been written before, after the room was told. */
static int keep_up(LinePublisher *self)
{
    LineCore *core = core_of(self);
    if (self->resumed == core->resumed)
        return 0;
    PyObject *written = PyDict_GetItemWithError(core->refs[WRITTEN], self->callable.refs[NAME]);
    if (written != NULL ? key_from(written, &self->written) < 0 : PyErr_Occurred() != NULL)
        return -1;
    self->resumed = core->resumed;
    return 0;
}

static int write_plainly(LinePublisher *self, const Key *key, PyObject *event)
{
    PyObject *place = key_tuple(key);
    PyObject *done = place != NULL
        ? PyObject_CallFunctionObjArgs(core_of(self)->refs[WRITE], self->callable.refs[TOPIC], place, event, NULL)
        : NULL;
    Py_XDECREF(place);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int pack(LinePublisher *self, const Key *key, PyObject *event)
{
    LineCore *core = core_of(self);
    if (packer_add((Packer *)self->callable.refs[PACKER], key, event) < 0)
        return -1;
    if (core->is_handling)
        return 0;
    PyObject *done = PyObject_CallNoArgs(core->refs[ON_LOOSE]);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static PyObject *publish(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    LinePublisher *self = (LinePublisher *)callable;
    Key key;
    if (!takes_one(nargsf, names) || keep_up(self) < 0 || core_next_key(core_of(self), &key) < 0)
        return NULL;
    if (key_compare(&key, &self->written) <= 0) {
        core_of(self)->repeated += 1;
        Py_RETURN_NONE;
    }
    int is_packed = self->callable.refs[PACKER] != Py_None;
    if ((is_packed ? pack(self, &key, args[0]) : write_plainly(self, &key, args[0])) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *publisher_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"core", "topic", "name", "packer", NULL};
    PyObject *refs[PACKER + 1];
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "O!OUO", names, &LineCore_Type, &refs[CORE], &refs[TOPIC], &refs[NAME], &refs[PACKER]))
        return NULL;
    if (refs[PACKER] != Py_None && !Py_IS_TYPE(refs[PACKER], &Packer_Type))
        return PyErr_Format(PyExc_TypeError, "a packer was expected, was %R", refs[PACKER]);
    LinePublisher *self = (LinePublisher *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at <= PACKER; at++)
        self->callable.refs[at] = Py_NewRef(refs[at]);
    self->callable.vectorcall = publish;
    self->resumed = -1;
    self->written = (Key){2, {0, 0}};
    return (PyObject *)self;
}

CALLABLE_TYPE(LinePublisher, LinePublisher, publisher_new, callable_dealloc, "Publishes to one topic, in the line's order.");

/* ── the core ── */

static int set_writers(LineCore *self, PyObject *writers)
{
    if (PyTuple_GET_SIZE(writers) < 1 || PyTuple_GET_SIZE(writers) > MOST_WRITERS) {
        PyErr_Format(PyExc_ValueError, "a room has 1 to %d writers", (int)MOST_WRITERS);
        return -1;
    }
    for (; self->writers < PyTuple_GET_SIZE(writers); self->writers++) {
        PyObject *name = PyTuple_GET_ITEM(writers, self->writers);
        if (!PyUnicode_Check(name)) {
            PyErr_Format(PyExc_TypeError, "a writer's name was expected, was %R", name);
            return -1;
        }
        self->writer_names[self->writers] = Py_NewRef(name);
        self->marks[self->writers] = (Key){2, {0, 0}};
        self->is_awaited[self->writers] = 1;
    }
    return 0;
}

static PyObject *core_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "room", "rank", "writers", "handlers", "clock", "write", "on_failure", "on_loose", "tick_topic", "relay",
        "max_held", NULL};
    PyObject *refs[CORE_REFS] = {0}, *writers;
    int rank;
    long long max_held;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$UiO!O!OOOOUOL", names, &refs[ROOM], &rank, &PyTuple_Type, &writers, &PyDict_Type,
            &refs[HANDLERS], &refs[CLOCK], &refs[WRITE], &refs[ON_FAILURE], &refs[ON_LOOSE], &refs[TICK_TOPIC],
            &refs[RELAY], &max_held))
        return NULL;
    if (refs[RELAY] != Py_None && !Py_IS_TYPE(refs[RELAY], &Packer_Type))
        return PyErr_Format(PyExc_TypeError, "a packer was expected, was %R", refs[RELAY]);
    LineCore *self = (LineCore *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at < CORE_REFS; at++)
        self->refs[at] = Py_XNewRef(refs[at]);
    self->refs[ADVANCE] = PyObject_GetAttrString(refs[CLOCK], "advance_to");
    self->refs[STAND_AT] = PyObject_GetAttrString(refs[CLOCK], "stand_at");
    self->refs[WRITTEN] = PyDict_New();
    self->rank = rank;
    self->max_held = max_held;
    self->queue_count = 1;
    self->queues[0].newest = self->frontier = self->tick = self->place = self->last = self->relayed = (Key){2, {0, 0}};
    static const char *const CLOCK_NAMES[CLOCK_SLOTS] = {"_now", "_next_due"};
    if (self->refs[ADVANCE] == NULL || self->refs[STAND_AT] == NULL || self->refs[WRITTEN] == NULL
        || layout_find(&self->clock, (PyObject *)Py_TYPE(refs[CLOCK]), CLOCK_NAMES, CLOCK_SLOTS) < 0
        || !layout_must_be_direct(&self->clock) || set_writers(self, writers) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static int core_traverse(PyObject *object, visitproc visit, void *arg)
{
    LineCore *self = (LineCore *)object;
    for (int at = 0; at < CORE_REFS; at++)
        Py_VISIT(self->refs[at]);
    for (int at = 0; at < self->queue_count; at++) {
        Queue *queue = &self->queues[at];
        for (size_t held = 0; held < queue->count; held++)
            Py_VISIT(queue->ring[(queue->begin + held) & (queue->room - 1)].event.object);
    }
    return layout_traverse(&self->clock, visit, arg);
}

static int core_clear(PyObject *object)
{
    LineCore *self = (LineCore *)object;
    for (int at = 0; at < CORE_REFS; at++)
        Py_CLEAR(self->refs[at]);
    for (int at = 0; at < self->queue_count; at++) {
        Queue *queue = &self->queues[at];
        while (queue->count > 0) {
            PyObject *event = queue->ring[queue->begin].event.object;
            queue->begin = (queue->begin + 1) & (queue->room - 1);
            queue->count -= 1;
            Py_XDECREF(event);
        }
    }
    layout_clear(&self->clock);
    return 0;
}

static void core_dealloc(PyObject *object)
{
    LineCore *self = (LineCore *)object;
    PyObject_GC_UnTrack(object);
    core_clear(object);
    for (int at = 0; at < self->queue_count; at++) {
        Py_CLEAR(self->queues[at].topic);
        Py_CLEAR(self->queues[at].codec);
        PyMem_Free(self->queues[at].ring);
    }
    PyMem_Free(self->batch.items);
    for (int at = 0; at < self->writers; at++)
        Py_CLEAR(self->writer_names[at]);
    Py_TYPE(object)->tp_free(object);
}

/* When a tick came in, in the event's own words. */
static int time_of(PyObject *event, int64_t *time)
{
    PyObject *number = PyObject_GetAttrString(event, "ts_recv");
    int is_good = number != NULL && as_int64(number, time);
    Py_XDECREF(number);
    return is_good ? 0 : -1;
}

static PyObject *method_offer(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    LineCore *self = (LineCore *)object;
    Key key;
    int64_t time;
    int is_news = 0;
    if (count != 3 || !PyUnicode_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "a topic, a place and an event are taken");
        return NULL;
    }
    if (key_from(args[1], &key) < 0)
        return NULL;
    if (PyUnicode_Compare(args[0], self->refs[TICK_TOPIC]) == 0
        && (time_of(args[2], &time) < 0 || (is_news = core_hold_time(self, &key, time)) < 0))
        return NULL;
    if (core_handlers(self, args[0]) != NULL) {
        Queue *queue = core_queue(self, args[0]);
        if (queue == NULL || (is_news = core_hold_event(self, queue, &key, (Event){Py_NewRef(args[2])})) < 0)
            return NULL;
    }
    return PyErr_Occurred() ? NULL : PyBool_FromLong(is_news);
}

static PyObject *method_unpack(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    return core_unpack((LineCore *)object, args, count);
}

static PyObject *method_told(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    Key mark;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "a writer and a mark are taken");
        return NULL;
    }
    if (key_from(args[1], &mark) < 0 || core_told((LineCore *)object, args[0], &mark) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *method_await_only(PyObject *object, PyObject *names)
{
    PyObject *tuple = PySequence_Tuple(names);
    int outcome = tuple != NULL ? core_await_only((LineCore *)object, tuple) : -1;
    Py_XDECREF(tuple);
    return outcome < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *method_is_ahead(PyObject *object, PyObject *writer)
{
    int is_ahead = core_is_ahead((LineCore *)object, writer);
    return is_ahead < 0 ? NULL : PyBool_FromLong(is_ahead);
}

static PyObject *method_work(PyObject *object, PyObject *Py_UNUSED(none))
{
    return core_work((LineCore *)object) < 0 ? NULL : key_tuple(&((LineCore *)object)->frontier);
}

static PyObject *method_resume_after(PyObject *object, PyObject *args)
{
    LineCore *self = (LineCore *)object;
    PyObject *written, *relayed;
    Key key;
    if (!PyArg_ParseTuple(args, "OO", &written, &relayed) || key_from(relayed, &key) < 0)
        return NULL;
    PyObject *known = PyDict_New();
    if (known == NULL || PyDict_Update(known, written) < 0) {
        Py_XDECREF(known);
        return NULL;
    }
    Py_SETREF(self->refs[WRITTEN], known);
    self->relayed = key;
    self->resumed += 1;
    Py_RETURN_NONE;
}

static PyObject *get_is_full(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((LineCore *)object)->held >= ((LineCore *)object)->max_held);
}

static PyObject *get_frontier(PyObject *object, void *Py_UNUSED(closure))
{
    return key_tuple(&((LineCore *)object)->frontier);
}

static PyObject *get_repeated(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(((LineCore *)object)->repeated);
}

static PyMethodDef CORE_METHODS[] = {
    {"offer", (PyCFunction)(void (*)(void))method_offer, METH_FASTCALL, "Take in one event with its key."},
    {"unpack", (PyCFunction)(void (*)(void))method_unpack, METH_FASTCALL, "Take in a pack."},
    {"told", (PyCFunction)(void (*)(void))method_told, METH_FASTCALL, "Note a writer's mark."},
    {"await_only", method_await_only, METH_O, "Wait for these writers alone."},
    {"is_ahead", method_is_ahead, METH_O, "True when somebody else is waited for."},
    {"work", method_work, METH_NOARGS, "Handle all whose turn has come; return the mark."},
    {"resume_after", method_resume_after, METH_VARARGS, "Learn what had been written before."},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef CORE_GETTERS[] = {
    {"is_full", get_is_full, NULL, "True when more is held than should be.", NULL},
    {"frontier", get_frontier, NULL, "Everything before it has its turn.", NULL},
    {"repeated", get_repeated, NULL, "Events not written because they had been before.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyTypeObject LineCore_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tradewind.native._compiled.LineCore",
    .tp_doc = "The order of the line in one room.",
    .tp_basicsize = sizeof(LineCore),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = core_new,
    .tp_traverse = core_traverse,
    .tp_clear = core_clear,
    .tp_dealloc = core_dealloc,
    .tp_methods = CORE_METHODS,
    .tp_getset = CORE_GETTERS,
};
