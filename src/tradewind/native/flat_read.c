/* bus/flat.py in C, bytes to events: whatever the class does not say is refused. */
#include "lines.h"

enum { REMEMBERED_BYTES = 32 };

int malformed(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

/* The same text again and again: contracts and windows. */
static PyObject *take_text(Span *in, FlatCodec *codec)
{
    uint16_t size;
    if (span_take(in, &size, sizeof size) < 0)
        return NULL;
    if (!span_has(in, size)) {
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

/* What nobody here reads is looked at, so that malformed bytes stay malformed, and is an empty tuple. */
static PyObject *pass_over(Span *in, const Kind *kind, FlatCodec *codec, int count)
{
    int is_fixed = (kind->mask & IS_FIXED) != 0;
    for (int at = 0; at < count; at++) {
        const Kind *item = &kind->items[is_fixed ? at : 0];
        const char *begin = in->at;
        if (flat_pass(in, item))
            continue;
        in->at = begin;
        PyObject *value = take_value(in, item, codec);
        if (value == NULL)
            return NULL;
        Py_DECREF(value);
    }
    return PyTuple_New(0);
}

static PyObject *take_tuple(Span *in, const Kind *kind, FlatCodec *codec)
{
    uint16_t count;
    int is_fixed = (kind->mask & IS_FIXED) != 0;
    if (span_take(in, &count, sizeof count) < 0)
        return NULL;
    if ((is_fixed && count != kind->count) || !span_has(in, count)) {
        malformed("a tuple is too short or too long");
        return NULL;
    }
    if (kind->mask & IS_UNREAD)
        return pass_over(in, kind, codec, count);
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

/* A price, which most fields are, without a call; anything else the long way. */
static inline PyObject *take_field(Span *in, const Kind *kind, FlatCodec *codec)
{
    double number;
    if (!span_has(in, 1 + sizeof number) || *in->at != FLOAT || !(kind->mask & MAY_FLOAT))
        return take_value(in, kind, codec);
    memcpy(&number, in->at + 1, sizeof number);
    in->at += 1 + sizeof number;
    return PyFloat_FromDouble(number);
}

static PyObject *take_struct(Span *in, const Kind *kind, FlatCodec *codec)
{
    PyObject *fields[MOST_FIELDS], *made = NULL;
    int field = 0;
    for (; field < kind->count; field++) {
        fields[field] = take_field(in, &kind->items[field], codec);
        if (fields[field] == NULL)
            break;
    }
    if (field == kind->count && kind->is_whole)
        return layout_make(kind->layout, fields);
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

int span_take_number(Span *in, int64_t *number)
{
    if (!span_has(in, 1) || *in->at < INT64 || *in->at > INT32)
        return malformed("a field is of another kind");
    int tag = *in->at++;
    return take_int(in, tag, number);
}

static PyObject *take_value(Span *in, const Kind *kind, FlatCodec *codec)
{
    double number;
    int64_t whole;
    if (!span_has(in, 1)) {
        malformed("it ends too early");
        return NULL;
    }
    unsigned tag = (unsigned char)*in->at++;
    if (!kind_allows(kind, tag)) {
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
