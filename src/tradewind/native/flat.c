/* bus/flat.py in C: events as bytes and back, driven by the fields their class declares. */
#include "lines.h"
#include <string.h>

enum { NOTHING, FLOAT, INT64, INT8, INT32, TEXT, TUPLE, STRUCT };
enum { MAY_NONE = 1, MAY_FLOAT = 2, MAY_INT = 4, MAY_TEXT = 8, MAY_TUPLE = 16, MAY_STRUCT = 32, IS_FIXED = 64 };
enum { LONGEST = UINT16_MAX, DEEPEST = 8, REMEMBERED_BYTES = 32 };

/* ── bytes to write ── */

int buffer_reserve(Buffer *out, size_t more)
{
    if (out->size + more <= out->room)
        return 0;
    size_t room = out->room ? out->room : 4096;
    while (room < out->size + more)
        room *= 2;
    char *data = PyMem_Realloc(out->data, room);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    out->data = data;
    out->room = room;
    return 0;
}

int buffer_put(Buffer *out, const void *bytes, size_t size)
{
    if (buffer_reserve(out, size) < 0)
        return -1;
    memcpy(out->data + out->size, bytes, size);
    out->size += size;
    return 0;
}

static int put_tagged(Buffer *out, int tag, const void *bytes, size_t size)
{
    if (buffer_reserve(out, size + 1) < 0)
        return -1;
    out->data[out->size] = (char)tag;
    memcpy(out->data + out->size + 1, bytes, size);
    out->size += size + 1;
    return 0;
}

static int put_double(Buffer *out, double value) { return put_tagged(out, FLOAT, &value, sizeof value); }

static int put_int(Buffer *out, PyObject *value)
{
    int64_t number;
    if (!as_int64(value, &number))
        return -1;
    int8_t byte = (int8_t)number;
    int32_t half = (int32_t)number;
    if (byte == number)
        return put_tagged(out, INT8, &byte, sizeof byte);
    if (half == number)
        return put_tagged(out, INT32, &half, sizeof half);
    return put_tagged(out, INT64, &number, sizeof number);
}

static int put_count(Buffer *out, int tag, Py_ssize_t count)
{
    uint16_t size = (uint16_t)count;
    if (count <= LONGEST)
        return put_tagged(out, tag, &size, sizeof size);
    PyErr_Format(PyExc_OverflowError, "a text or tuple must be at most %d long, was %zd", (int)LONGEST, count);
    return -1;
}

static int put_text(Buffer *out, PyObject *value)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    return text == NULL || put_count(out, TEXT, size) < 0 ? -1 : buffer_put(out, text, (size_t)size);
}

static int put_value(Buffer *out, const Kind *kind, PyObject *value);

static int put_tuple(Buffer *out, const Kind *kind, PyObject *value)
{
    Py_ssize_t count = PyTuple_GET_SIZE(value);
    int is_fixed = (kind->mask & IS_FIXED) != 0;
    if (is_fixed && count != kind->count) {
        PyErr_Format(PyExc_TypeError, "a tuple of %d was expected, was of %zd", kind->count, count);
        return -1;
    }
    if (put_count(out, TUPLE, count) < 0)
        return -1;
    for (Py_ssize_t at = 0; at < count; at++)
        if (put_value(out, &kind->items[is_fixed ? at : 0], PyTuple_GET_ITEM(value, at)) < 0)
            return -1;
    return 0;
}

static int put_struct(Buffer *out, const Kind *kind, PyObject *value)
{
    if (put_tagged(out, STRUCT, NULL, 0) < 0)
        return -1;
    for (int field = 0; field < kind->count; field++) {
        PyObject *part = *layout_slot(kind->layout, value, field);
        if (part == NULL) {
            PyErr_Format(PyExc_AttributeError, "%R lacks %U", kind->layout->type, kind->layout->names[field]);
            return -1;
        }
        if (put_value(out, &kind->items[field], part) < 0)
            return -1;
    }
    return 0;
}

static int put_value(Buffer *out, const Kind *kind, PyObject *value)
{
    int mask = kind->mask;
    if (PyFloat_Check(value) && mask & MAY_FLOAT)
        return put_double(out, PyFloat_AS_DOUBLE(value));
    if (value == Py_None && mask & MAY_NONE)
        return put_tagged(out, NOTHING, NULL, 0);
    if (PyLong_Check(value) && mask & MAY_INT)
        return put_int(out, value);
    if (PyLong_Check(value) && mask & MAY_FLOAT) {
        double number = PyLong_AsDouble(value);
        return number == -1.0 && PyErr_Occurred() ? -1 : put_double(out, number);
    }
    if (PyUnicode_Check(value) && mask & MAY_TEXT)
        return put_text(out, value);
    if (PyTuple_Check(value) && mask & MAY_TUPLE)
        return put_tuple(out, kind, value);
    if (mask & MAY_STRUCT && layout_fits(kind->layout, value))
        return put_struct(out, kind, value);
    PyErr_Format(PyExc_TypeError, "%.100R is of no kind that its field says", value);
    return -1;
}

int flat_put(Buffer *out, const FlatCodec *codec, PyObject *event) { return put_value(out, &codec->kind, event); }

/* ── bytes to read ── */

int malformed(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

static inline int has(const Span *in, size_t size) { return (size_t)(in->end - in->at) >= size; }

int span_take(Span *in, void *value, size_t size)
{
    if (!has(in, size))
        return malformed("it ends too early");
    memcpy(value, in->at, size);
    in->at += size;
    return 0;
}

/* The same text again and again: contracts and windows. */
static PyObject *take_text(Span *in, FlatCodec *codec)
{
    uint16_t size;
    if (span_take(in, &size, sizeof size) < 0)
        return NULL;
    if (!has(in, size)) {
        malformed("a text ends too early");
        return NULL;
    }
    const char *text = in->at;
    in->at += size;
    if (size > REMEMBERED_BYTES)
        return PyUnicode_DecodeUTF8(text, size, NULL);
    uint32_t hash = 2166136261u;
    for (int at = 0; at < size; at++)
        hash = (hash ^ (unsigned char)text[at]) * 16777619u;
    PyObject **known = &codec->texts[hash % TEXTS_REMEMBERED];
    if (*known != NULL) {
        Py_ssize_t length;
        const char *before = PyUnicode_AsUTF8AndSize(*known, &length);
        if (length == size && memcmp(before, text, size) == 0)
            return Py_NewRef(*known);
    }
    PyObject *fresh = PyUnicode_DecodeUTF8(text, size, NULL);
    if (fresh != NULL)
        Py_XSETREF(*known, Py_NewRef(fresh));
    return fresh;
}

static PyObject *take_value(Span *in, const Kind *kind, FlatCodec *codec);

static PyObject *take_tuple(Span *in, const Kind *kind, FlatCodec *codec)
{
    uint16_t count;
    int is_fixed = (kind->mask & IS_FIXED) != 0;
    if (span_take(in, &count, sizeof count) < 0)
        return NULL;
    if ((is_fixed && count != kind->count) || !has(in, count)) {
        malformed("a tuple is too short or too long");
        return NULL;
    }
    PyObject *items = PyTuple_New(count);
    for (int at = 0; items != NULL && at < count; at++) {
        PyObject *item = take_value(in, &kind->items[is_fixed ? at : 0], codec);
        if (item == NULL)
            Py_CLEAR(items);
        else
            PyTuple_SET_ITEM(items, at, item);
    }
    return items;
}

static PyObject *take_struct(Span *in, const Kind *kind, FlatCodec *codec)
{
    PyObject *fields[MOST_FIELDS], *made = NULL;
    int field = 0;
    for (; field < kind->count; field++) {
        fields[field] = take_value(in, &kind->items[field], codec);
        if (fields[field] == NULL)
            break;
    }
    if (field == kind->count)
        made = PyObject_Vectorcall((PyObject *)kind->layout->type, fields, (size_t)field, NULL);
    while (field-- > 0)
        Py_DECREF(fields[field]);
    return made;
}

static int take_int(Span *in, int tag, int64_t *number)
{
    int8_t byte = 0;
    int32_t half = 0;
    int outcome = tag == INT8 ? span_take(in, &byte, sizeof byte)
        : tag == INT32        ? span_take(in, &half, sizeof half)
                              : span_take(in, number, sizeof *number);
    if (tag != INT64)
        *number = tag == INT8 ? byte : half;
    return outcome;
}

/* A whole number with its tag. */
static int take_number(Span *in, int64_t *number)
{
    if (!has(in, 1) || *in->at < INT64 || *in->at > INT32)
        return malformed("a field is of another kind");
    int tag = *in->at++;
    return take_int(in, tag, number);
}

static PyObject *take_value(Span *in, const Kind *kind, FlatCodec *codec)
{
    static const int NEEDED[] = {MAY_NONE, MAY_FLOAT, MAY_INT, MAY_INT, MAY_INT, MAY_TEXT, MAY_TUPLE, MAY_STRUCT};
    double number;
    int64_t whole;
    if (!has(in, 1)) {
        malformed("it ends too early");
        return NULL;
    }
    unsigned tag = (unsigned char)*in->at++;
    if (tag > STRUCT || !(kind->mask & NEEDED[tag])) {
        malformed("a field is of another kind");
        return NULL;
    }
    switch (tag) {
    case NOTHING:
        return Py_NewRef(Py_None);
    case FLOAT:
        return span_take(in, &number, sizeof number) < 0 ? NULL : PyFloat_FromDouble(number);
    case TEXT:
        return take_text(in, codec);
    case TUPLE:
        return take_tuple(in, kind, codec);
    case STRUCT:
        return take_struct(in, kind, codec);
    default:
        return take_int(in, (int)tag, &whole) < 0 ? NULL : PyLong_FromLongLong(whole);
    }
}

PyObject *flat_take(FlatCodec *codec, const char *bytes, size_t size)
{
    Span in = {bytes, bytes + size};
    PyObject *event = take_value(&in, &codec->kind, codec);
    if (event != NULL && in.at != in.end) {
        Py_CLEAR(event);
        malformed("something follows the event");
    }
    return event;
}

/* Step over a value that is no tuple and no struct. */
static int step_over(Span *in)
{
    static const uint8_t SIZES[] = {0, 8, 8, 1, 4};
    uint16_t size;
    if (!has(in, 1))
        return malformed("it ends too early");
    unsigned tag = (unsigned char)*in->at++;
    if (tag > TEXT)
        return malformed("a field is of another kind");
    if (tag != TEXT)
        size = SIZES[tag];
    else if (span_take(in, &size, sizeof size) < 0)
        return -1;
    if (!has(in, size))
        return malformed("it ends too early");
    in->at += size;
    return 0;
}

int flat_peek_time(const FlatCodec *codec, const char *bytes, size_t size, int64_t *time)
{
    Span in = {bytes, bytes + size};
    if (codec->time_field < 0)
        return malformed("it has no time");
    if (!has(&in, 1) || *in.at++ != STRUCT)
        return malformed("it is no event");
    for (int field = 0; field < codec->time_field; field++)
        if (step_over(&in) < 0)
            return -1;
    return take_number(&in, time);
}

int flat_peek_name(const char *bytes, size_t size, const char **id, size_t *length, int64_t *seq)
{
    Span in = {bytes, bytes + size};
    uint16_t text;
    if (!has(&in, 2) || in.at[0] != STRUCT || in.at[1] != TEXT)
        return malformed("it names no instrument");
    in.at += 2;
    if (span_take(&in, &text, sizeof text) < 0 || !has(&in, text))
        return malformed("a text ends too early");
    *id = in.at;
    *length = text;
    in.at += text;
    return take_number(&in, seq);
}

/* ── the type ── */

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
