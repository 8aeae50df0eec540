/* stores/ticks/tick_columns.py `ticks_of` in C: rows of raw ticks from the buffers of Arrow's columns. */
#include "ticks.h"

enum { CELL_BYTES = 8, MOST_COLUMNS = RAW_DEPTH + 1 + MOST_LEVELS * LEVEL_FIELDS };

/* Arrow's column of 64-bit values: which rows hold one (a bit each, of none where all do), and the values. */
typedef struct {
    Py_buffer valid, values;
    int64_t offset;
    int has_valid, has_values;
} Column;

typedef struct {
    Column columns[MOST_COLUMNS];
    int count;
    Py_ssize_t rows;
    LastTick last;
} Reading;

static int refuse(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

static int column_open(Column *column, PyObject *spec, Py_ssize_t rows)
{
    PyObject *valid, *values;
    long long offset;
    if (!PyTuple_Check(spec) || !PyArg_ParseTuple(spec, "OOL", &valid, &values, &offset))
        return PyErr_Occurred() ? -1 : refuse("a column is (which rows hold a value, values, offset)");
    if (offset < 0 || PyObject_GetBuffer(values, &column->values, PyBUF_SIMPLE) < 0)
        return PyErr_Occurred() ? -1 : refuse("a column's offset is negative");
    column->has_values = 1;
    column->offset = offset;
    if (column->values.len / CELL_BYTES < offset + rows)
        return refuse("a column is shorter than its rows");
    if (valid == Py_None)
        return 0;
    if (PyObject_GetBuffer(valid, &column->valid, PyBUF_SIMPLE) < 0)
        return -1;
    column->has_valid = 1;
    return column->valid.len >= (offset + rows + 7) / 8 ? 0 : refuse("a column's mask is shorter than its rows");
}

static inline int column_holds(const Column *column, Py_ssize_t row, uint64_t *bits)
{
    int64_t at = column->offset + row;
    if (column->has_valid && !(((const unsigned char *)column->valid.buf)[at >> 3] >> (at & 7) & 1))
        return 0;
    memcpy(bits, (const char *)column->values.buf + at * CELL_BYTES, sizeof *bits);
    return 1;
}

static inline int take_column(const Column *column, Py_ssize_t row, Cell *cell, int kind)
{
    uint64_t bits = 0;
    int holds = column_holds(column, row, &bits);
    return cell_take(cell, !holds ? 'n' : kind == OF_NUMBER_OR_NONE ? 'f' : 'i', bits);
}

static int take_level(Reading *in, Py_ssize_t row, int number)
{
    Level *level = &in->last.levels[number];
    const Column *columns = &in->columns[RAW_DEPTH + number * LEVEL_FIELDS];
    int has_changed = 0;
    for (int field = 0; field < LEVEL_FIELDS; field++) {
        int is_new = take_column(&columns[field], row, &level->cells[field], LEVEL_KINDS[field]);
        if (is_new < 0)
            return -1;
        has_changed |= is_new;
    }
    return level_settle(level, has_changed) < 0 ? -1 : has_changed;
}

/* The columns are those of the fields behind the id, how many levels there are, and those of each level. */
static int take_depth(Reading *in, Py_ssize_t row)
{
    uint64_t count;
    if (!column_holds(&in->columns[RAW_DEPTH - 1], row, &count))
        return depth_settle(&in->last, -1, 0);
    if (count > (uint64_t)((in->count - RAW_DEPTH) / LEVEL_FIELDS))
        return refuse("a book is deeper than its columns");
    int has_changed = 0;
    for (int level = 0; level < (int)count; level++) {
        int is_new = take_level(in, row, level);
        if (is_new < 0)
            return -1;
        has_changed |= is_new;
    }
    return depth_settle(&in->last, (int)count, has_changed);
}

static PyObject *take_row(Reading *in, Py_ssize_t row, PyObject *id)
{
    Py_XSETREF(in->last.id, Py_NewRef(id));
    for (int field = 1; field < RAW_DEPTH; field++)
        if (take_column(&in->columns[field - 1], row, &in->last.cells[field], RAW_KINDS[field]) < 0)
            return NULL;
    return take_depth(in, row) < 0 ? NULL : tick_row(&in->last);
}

static PyObject *take_rows(Reading *in, PyObject *ids)
{
    PyObject *rows = rows_begin(in->rows);
    if (rows == NULL)
        return NULL;
    Py_ssize_t at = 0;
    for (; at < in->rows; at++) {
        PyObject *row = take_row(in, at, PyList_Check(ids) ? PyList_GET_ITEM(ids, at) : ids);
        if (row == NULL)
            break;
        PyList_SET_ITEM(rows, at, row);
    }
    return rows_done(rows, at == in->rows);
}

static int reading_open(Reading *in, PyObject *columns)
{
    Py_ssize_t count = PyTuple_GET_SIZE(columns);
    if (count < RAW_DEPTH || count > MOST_COLUMNS || (count - RAW_DEPTH) % LEVEL_FIELDS)
        return refuse("the columns are not a tick's");
    for (; in->count < count; in->count++)
        if (column_open(&in->columns[in->count], PyTuple_GET_ITEM(columns, in->count), in->rows) < 0) {
            in->count++;
            return -1;
        }
    return 0;
}

static void reading_close(Reading *in)
{
    for (int at = 0; at < in->count; at++) {
        if (in->columns[at].has_values)
            PyBuffer_Release(&in->columns[at].values);
        if (in->columns[at].has_valid)
            PyBuffer_Release(&in->columns[at].valid);
    }
    tick_forget(&in->last);
    PyMem_Free(in);
}

PyObject *ticks_of_columns(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t count;
    PyObject *ids, *columns;
    if (!PyArg_ParseTuple(args, "nOO!", &count, &ids, &PyTuple_Type, &columns))
        return NULL;
    if (count < 0 || (PyList_Check(ids) ? PyList_GET_SIZE(ids) < count : !PyUnicode_Check(ids))) {
        refuse("an id is needed for each row");
        return NULL;
    }
    Reading *in = PyMem_Calloc(1, sizeof *in);
    if (in == NULL)
        return PyErr_NoMemory();
    in->rows = count;
    PyObject *rows = reading_open(in, columns) == 0 ? take_rows(in, ids) : NULL;
    reading_close(in);
    return rows;
}
