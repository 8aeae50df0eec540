/* market/recorder.py `DayRecorder.append`: a tick of a known lane joins those that wait for their frame to fill.
 *
 * The first of a frame, the one that fills it, and whatever has no lane go through the Python method. */
#include "ticks.h"

enum { PLAINLY, LANES, LANE_TYPE };
enum { AFTER, UNTIL, APPEND, WAITING, LANE_FIELDS };
enum { RAW_ID = 0, RAW_RECV = 2, RAW_ENOUGH = 3 };

typedef struct {
    Callable callable;
    int64_t flush_ns;
    Py_ssize_t frame_ticks;
} TickRecorder;

static int is_received(PyObject *raw, int64_t *ts)
{
    return PyTuple_Check(raw) && PyTuple_GET_SIZE(raw) >= RAW_ENOUGH && is_int64(PyTuple_GET_ITEM(raw, RAW_RECV), ts);
}

/* The list that the tick may simply join; NULL where it may not, or with an exception. */
static PyObject *waiting_for(TickRecorder *self, PyObject *raw)
{
    int64_t ts, after, until, first;
    if (!is_received(raw, &ts) || !PyUnicode_CheckExact(PyTuple_GET_ITEM(raw, RAW_ID)))
        return NULL;
    PyObject *lane = PyDict_GetItemWithError(self->callable.refs[LANES], PyTuple_GET_ITEM(raw, RAW_ID));
    if (lane == NULL || (PyObject *)Py_TYPE(lane) != self->callable.refs[LANE_TYPE]
        || PyTuple_GET_SIZE(lane) != LANE_FIELDS || !is_int64(PyTuple_GET_ITEM(lane, AFTER), &after)
        || !is_int64(PyTuple_GET_ITEM(lane, UNTIL), &until) || ts <= after || ts > until)
        return NULL;
    PyObject *waiting = PyTuple_GET_ITEM(lane, WAITING);
    if (!PyList_CheckExact(waiting) || PyList_GET_SIZE(waiting) == 0
        || PyList_GET_SIZE(waiting) >= self->frame_ticks - 1 || !is_received(PyList_GET_ITEM(waiting, 0), &first))
        return NULL;
    int64_t age;
    return !__builtin_sub_overflow(ts, first, &age) && age < self->flush_ns ? waiting : NULL;
}

static PyObject *append(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names)
{
    TickRecorder *self = (TickRecorder *)callable;
    if (!takes_one(nargsf, names))
        return NULL;
    PyObject *waiting = waiting_for(self, args[0]);
    if (waiting != NULL)
        return PyList_Append(waiting, args[0]) == 0 ? Py_NewRef(Py_None) : NULL;
    return PyErr_Occurred() ? NULL : PyObject_CallOneArg(self->callable.refs[PLAINLY], args[0]);
}

static PyObject *recorder_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"plainly", "lanes", "lane_type", "flush_ns", "frame_ticks", NULL};
    PyObject *plainly, *lanes, *lane_type;
    long long flush_ns;
    Py_ssize_t frame_ticks;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "$OO!O!Ln", names, &plainly, &PyDict_Type, &lanes, &PyType_Type,
                                     &lane_type, &flush_ns, &frame_ticks))
        return NULL;
    TickRecorder *self = (TickRecorder *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->callable.vectorcall = append;
    self->callable.refs[PLAINLY] = Py_NewRef(plainly);
    self->callable.refs[LANES] = Py_NewRef(lanes);
    self->callable.refs[LANE_TYPE] = Py_NewRef(lane_type);
    self->flush_ns = flush_ns;
    self->frame_ticks = frame_ticks;
    return (PyObject *)self;
}

CALLABLE_TYPE(TickRecorder, TickRecorder, recorder_new, callable_dealloc, "Takes a source's ticks to be recorded.");
