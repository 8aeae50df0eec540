/* bus/flat.py in C, events to bytes: driven by what the fields of their class may hold. */
#include "lines.h"
#include <string.h>

enum { LONGEST = UINT16_MAX };

int buffer_grow(Buffer *out, size_t more)
{
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

static inline int put_tagged(Buffer *out, int tag, const void *bytes, size_t size)
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
    if (value == Py_None && mask & MAY_NONE)
        return put_tagged(out, NOTHING, NULL, 0);
    /* The mask first: to ask whether a value is a float walks through its class where it is none. */
    if (mask & MAY_FLOAT && PyFloat_Check(value))
        return put_double(out, PyFloat_AS_DOUBLE(value));
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
