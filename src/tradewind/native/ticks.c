/* Rows of raw ticks, made of what has changed since the instrument's tick before. */
#include "ticks.h"

int cell_renew(Cell *cell, int kind, uint64_t bits)
{
    PyObject *object;
    double number;
    switch (kind) {
    case 'i':
        object = PyLong_FromLongLong((int64_t)bits);
        break;
    case 'f':
        memcpy(&number, &bits, sizeof number);
        object = PyFloat_FromDouble(number);
        break;
    default:
        object = Py_NewRef(Py_None);
    }
    if (object == NULL)
        return -1;
    Py_XSETREF(cell->object, object);
    cell->kind = kind;
    cell->bits = bits;
    return 1;
}

/* Tuples of numbers and text alone can be in no cycle: the collector need not know them. */
static PyObject *plain_tuple(Py_ssize_t size)
{
    PyObject *tuple = PyTuple_New(size);
    if (tuple != NULL && PyObject_GC_IsTracked(tuple))
        PyObject_GC_UnTrack(tuple);
    return tuple;
}

int level_settle(Level *level, int has_changed)
{
    if (!has_changed && level->object != NULL)
        return 0;
    PyObject *object = plain_tuple(LEVEL_FIELDS);
    if (object == NULL)
        return -1;
    for (int at = 0; at < LEVEL_FIELDS; at++)
        PyTuple_SET_ITEM(object, at, Py_NewRef(level->cells[at].object));
    Py_XSETREF(level->object, object);
    return 0;
}

int depth_settle(LastTick *tick, int count, int has_changed)
{
    if (tick->depth != NULL && !has_changed && tick->level_count == count)
        return 0;
    PyObject *depth = count < 0 ? Py_NewRef(Py_None) : plain_tuple(count);
    if (depth == NULL)
        return -1;
    for (int at = 0; at < count; at++)
        PyTuple_SET_ITEM(depth, at, Py_NewRef(tick->levels[at].object));
    Py_XSETREF(tick->depth, depth);
    tick->level_count = count;
    return 0;
}

PyObject *rows_begin(Py_ssize_t count)
{
    PyObject *rows = PyList_New(count);
    if (rows != NULL)
        PyObject_GC_UnTrack(rows);
    return rows;
}

PyObject *rows_done(PyObject *rows, int is_whole)
{
    PyObject_GC_Track(rows);
    if (!is_whole)
        Py_CLEAR(rows);
    return rows;
}

PyObject *tick_row(const LastTick *tick)
{
    PyObject *row = plain_tuple(RAW_FIELDS);
    if (row == NULL)
        return NULL;
    PyTuple_SET_ITEM(row, 0, Py_NewRef(tick->id));
    for (int at = 1; at < RAW_DEPTH; at++)
        PyTuple_SET_ITEM(row, at, Py_NewRef(tick->cells[at].object));
    PyTuple_SET_ITEM(row, RAW_DEPTH, Py_NewRef(tick->depth));
    return row;
}

void tick_forget(LastTick *tick)
{
    Py_CLEAR(tick->id);
    Py_CLEAR(tick->depth);
    for (int at = 0; at < RAW_DEPTH; at++)
        Py_CLEAR(tick->cells[at].object);
    for (int level = 0; level < MOST_LEVELS; level++) {
        Py_CLEAR(tick->levels[level].object);
        for (int at = 0; at < LEVEL_FIELDS; at++)
            Py_CLEAR(tick->levels[level].cells[at].object);
    }
    memset(tick, 0, sizeof *tick);
    tick->level_count = -1;
}
