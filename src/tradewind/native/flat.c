/* bus/flat.py in C, the codec of a class of events; flat_write.c and flat_read.c do its work. */
#include "lines.h"

enum { DEEPEST = 8 };

static void kind_free(Kind *kind)
{
    for (int at = 0; kind->items != NULL && at < kind->count; at++)
        kind_free(&kind->items[at]);
    PyMem_Free(kind->items);
    if (kind->layout != NULL)
        layout_clear(kind->layout);
    PyMem_Free(kind->layout);
}

static int find_fields(Kind *kind, PyObject *type)
{
    const char *names[MOST_FIELDS];
    PyObject *fields = PyObject_GetAttrString(type, "__struct_fields__");
    int outcome = -1;
    if (fields != NULL && PyTuple_Check(fields) && PyTuple_GET_SIZE(fields) == kind->count) {
        outcome = 0;
        for (int at = 0; at < kind->count && outcome == 0; at++)
            outcome = (names[at] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(fields, at))) != NULL ? 0 : -1;
        kind->layout = PyMem_Calloc(1, sizeof *kind->layout);
        if (outcome == 0)
            outcome = kind->layout != NULL ? layout_find(kind->layout, type, names, kind->count) : -1;
        if (outcome == 0 && !layout_must_be_direct(kind->layout))
            outcome = -1;
    }
    Py_XDECREF(fields);
    kind->is_whole = outcome == 0 && layout_is_whole(kind->layout);
    if (outcome < 0 && !PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "%R is no struct of %d fields", type, kind->count);
    return outcome;
}

/* A kind is (mask, class or None, kinds of its parts). */
static int kind_fill(Kind *kind, PyObject *spec, int depth)
{
    PyObject *type, *parts;
    if (!PyTuple_Check(spec) || !PyArg_ParseTuple(spec, "iOO!", &kind->mask, &type, &PyTuple_Type, &parts))
        return PyErr_Occurred() ? -1 : malformed("a kind must be a tuple");
    if (depth > DEEPEST || PyTuple_GET_SIZE(parts) > MOST_FIELDS)
        return malformed("too deep or too many fields");
    kind->items = PyMem_Calloc((size_t)PyTuple_GET_SIZE(parts) + 1, sizeof *kind->items);
    if (kind->items == NULL)
        return malformed("out of memory");
    kind->count = (int)PyTuple_GET_SIZE(parts);
    if (kind->mask & MAY_TUPLE && kind->count == 0)
        return malformed("a tuple must say of what");
    for (int at = 0; at < kind->count; at++)
        if (kind_fill(&kind->items[at], PyTuple_GET_ITEM(parts, at), depth + 1) < 0)
            return -1;
    return kind->mask & MAY_STRUCT ? find_fields(kind, type) : 0;
}

static PyObject *codec_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"kind", "time_field", NULL};
    PyObject *spec;
    int time_field;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "Oi", names, &spec, &time_field))
        return NULL;
    FlatCodec *self = (FlatCodec *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->time_field = time_field;
    if (kind_fill(&self->kind, spec, 0) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void codec_dealloc(PyObject *object)
{
    FlatCodec *self = (FlatCodec *)object;
    kind_free(&self->kind);
    for (int at = 0; at < TEXTS_REMEMBERED; at++)
        Py_CLEAR(self->texts[at]);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *codec_encode(PyObject *object, PyObject *event)
{
    Buffer out = {0};
    PyObject *bytes = NULL;
    if (flat_put(&out, (FlatCodec *)object, event) == 0)
        bytes = PyBytes_FromStringAndSize(out.data, (Py_ssize_t)out.size);
    PyMem_Free(out.data);
    return bytes;
}

static PyObject *codec_decode(PyObject *object, PyObject *data)
{
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(data, &bytes, &size) < 0)
        return NULL;
    return flat_take((FlatCodec *)object, bytes, (size_t)size);
}

static PyMethodDef CODEC_METHODS[] = {
    {"encode", codec_encode, METH_O, "Return an event's bytes."},
    {"decode", codec_decode, METH_O, "Return the event of bytes."},
    {NULL, NULL, 0, NULL}};

PyTypeObject FlatCodec_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tradewind.native._compiled.FlatCodec",
    .tp_doc = "Writes and reads the events of one class.",
    .tp_basicsize = sizeof(FlatCodec),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = codec_new,
    .tp_dealloc = codec_dealloc,
    .tp_methods = CODEC_METHODS,
};
