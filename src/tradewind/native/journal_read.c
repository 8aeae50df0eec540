/* market/recording_frames.py in C, a frame's payload to ticks.
 *
 * Whatever msgspec may take otherwise, or refuse, is left to it: the answer is then None. */
#include "ticks.h"

enum { REMEMBERED = 256 };

/* By where the id's bytes lead; two that lead to the same place forget each other. */
typedef struct {
    PyObject_HEAD
    LastTick *ticks[REMEMBERED];
} FrameReader;

typedef struct {
    const unsigned char *at, *end;
} In;

static inline int has(const In *in, size_t size) { return (size_t)(in->end - in->at) >= size; }

static inline uint64_t big(In *in, int bytes)
{
    uint64_t value = 0;
    if (bytes == 8) {
        memcpy(&value, in->at, sizeof value);
        in->at += 8;
        return big_endian(value);
    }
    while (bytes-- > 0)
        value = value << 8 | *in->at++;
    return value;
}

/* The count of an array; -1 where none begins here. */
static Py_ssize_t take_array(In *in)
{
    if (!has(in, 1))
        return -1;
    int tag = *in->at++;
    if ((tag & 0xF0) == 0x90)
        return tag & 0x0F;
    int bytes = tag == 0xDC ? 2 : tag == 0xDD ? 4 : 0;
    return bytes && has(in, (size_t)bytes) ? (Py_ssize_t)big(in, bytes) : -1;
}

/* False where no whole number of 64 bits stands behind this tag. */
static inline int take_whole(In *in, int tag, int64_t *value)
{
    if (tag < 0x80 || tag >= 0xE0) {
        *value = (int8_t)tag;
        return 1;
    }
    if (tag < 0xCC || tag > 0xD3)
        return 0;
    int bytes = 1 << (tag & 3), shift = 64 - 8 * bytes;
    if (!has(in, (size_t)bytes))
        return 0;
    uint64_t bits = big(in, bytes);
    *value = tag >= 0xD0 ? (int64_t)(bits << shift) >> shift : (int64_t)bits;
    return *value >= 0 || tag >= 0xD0;
}

/* As `cell_take`; -2 where the value is out of the ordinary. */
static inline int take_value(In *in, Cell *cell, int kind)
{
    if (!has(in, 1))
        return -2;
    int tag = *in->at++;
    if (tag == 0xC0)
        return kind == OF_WHOLE ? -2 : cell_take(cell, 'n', 0);
    if (tag == 0xCB)
        return kind == OF_NUMBER_OR_NONE && has(in, 8) ? cell_take(cell, 'f', big(in, 8)) : -2;
    int64_t whole;
    if (!take_whole(in, tag, &whole))
        return -2;
    if (kind != OF_NUMBER_OR_NONE)
        return cell_take(cell, 'i', (uint64_t)whole);
    double number = (double)whole;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return cell_take(cell, 'f', bits);
}

/* 0 done, -1 with an exception, -2 out of the ordinary. */
static int take_level(In *in, Level *level)
{
    int has_changed = 0;
    if (take_array(in) != LEVEL_FIELDS)
        return -2;
    for (int field = 0; field < LEVEL_FIELDS; field++) {
        int is_new = take_value(in, &level->cells[field], LEVEL_KINDS[field]);
        if (is_new < 0) {
            Py_CLEAR(level->object);
            return is_new;
        }
        has_changed |= is_new;
    }
    return level_settle(level, has_changed) < 0 ? -1 : has_changed;
}

static int take_depth(In *in, LastTick *tick)
{
    if (has(in, 1) && *in->at == 0xC0) {
        in->at++;
        return depth_settle(tick, -1, 0);
    }
    Py_ssize_t count = take_array(in);
    if (count < 0 || count > MOST_LEVELS)
        return -2;
    int has_changed = 0;
    for (Py_ssize_t level = 0; level < count; level++) {
        int is_new = take_level(in, &tick->levels[level]);
        if (is_new < 0)
            return is_new;
        has_changed |= is_new;
    }
    return depth_settle(tick, (int)count, has_changed);
}

static LastTick *tick_of(FrameReader *self, const char *id, int size)
{
    uint32_t hash = 2166136261u;
    for (int at = 0; at < size; at++)
        hash = (hash ^ (unsigned char)id[at]) * 16777619u;
    LastTick **place = &self->ticks[(hash ^ hash >> 16) % REMEMBERED], *tick = *place;
    if (tick != NULL && tick->id != NULL && tick->id_size == size && memcmp(tick->id_text, id, (size_t)size) == 0)
        return tick;
    if (tick == NULL && (tick = *place = PyMem_Calloc(1, sizeof *tick)) == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    tick_forget(tick);
    memcpy(tick->id_text, id, (size_t)size);
    tick->id_size = size;
    tick->id = PyUnicode_DecodeUTF8(id, size, NULL);
    return tick->id != NULL ? tick : NULL;
}

/* The id's length; -1 where none begins here, or a long one. */
static int take_id(In *in)
{
    if (!has(in, 2))
        return -1;
    int tag = *in->at++, size = (tag & 0xE0) == 0xA0 ? tag & 0x1F : tag == 0xD9 ? *in->at++ : LONGEST_ID + 1;
    return size <= LONGEST_ID && has(in, (size_t)size) ? size : -1;
}

/* A new row; NULL where it is out of the ordinary, or with an exception. */
static PyObject *take_tick(FrameReader *self, In *in)
{
    if (take_array(in) != RAW_FIELDS)
        return NULL;
    int size = take_id(in);
    LastTick *tick = size < 0 ? NULL : tick_of(self, (const char *)in->at, size);
    if (tick == NULL)
        return NULL;
    in->at += size;
    for (int field = 1; field < RAW_DEPTH; field++)
        if (take_value(in, &tick->cells[field], RAW_KINDS[field]) < 0)
            return NULL;
    if (take_depth(in, tick) < 0) {
        Py_CLEAR(tick->depth);
        return NULL;
    }
    return tick_row(tick);
}

static PyObject *take_ticks(FrameReader *self, In *in)
{
    Py_ssize_t count = take_array(in);
    /* Each takes a byte at least: no count makes us ask for more memory than the bytes could fill. */
    if (count < 0 || !has(in, (size_t)count))
        return NULL;
    PyObject *rows = rows_begin(count);
    if (rows == NULL)
        return NULL;
    Py_ssize_t at = 0;
    for (; at < count; at++) {
        PyObject *row = take_tick(self, in);
        if (row == NULL)
            break;
        PyList_SET_ITEM(rows, at, row);
    }
    return rows_done(rows, at == count && in->at == in->end);
}

static PyObject *reader_decode(PyObject *object, PyObject *data)
{
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(data, &bytes, &size) < 0)
        return NULL;
    In in = {(unsigned char *)bytes, (unsigned char *)bytes + size};
    PyObject *rows = take_ticks((FrameReader *)object, &in);
    if (rows == NULL && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        PyErr_Clear();
    return rows != NULL || PyErr_Occurred() ? rows : Py_NewRef(Py_None);
}

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {NULL};
    return PyArg_ParseTupleAndKeywords(args, keywords, "", names) ? type->tp_alloc(type, 0) : NULL;
}

static void reader_dealloc(PyObject *object)
{
    FrameReader *self = (FrameReader *)object;
    for (int at = 0; at < REMEMBERED; at++) {
        if (self->ticks[at] != NULL)
            tick_forget(self->ticks[at]);
        PyMem_Free(self->ticks[at]);
    }
    Py_TYPE(object)->tp_free(object);
}

static PyMethodDef READER_METHODS[] = {
    {"decode", reader_decode, METH_O, "Return the ticks of a payload; None where msgspec is to be asked."},
    {NULL, NULL, 0, NULL}};

PyTypeObject FrameReader_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tradewind.native._compiled.FrameReader",
    .tp_doc = "Reads the frames of one recording.",
    .tp_basicsize = sizeof(FrameReader),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = reader_new,
    .tp_dealloc = reader_dealloc,
    .tp_methods = READER_METHODS,
};
