/* bus/packs.py in C: many events of one topic as the payload of one entry. */
#include "lines.h"
#include <string.h>

static const char HEAD[2] = {(char)0xC1, 1};

/* ── keys ── */

int key_append(Key *key, int64_t number)
{
    if (key->size >= KEY_NUMBERS) {
        PyErr_Format(PyExc_OverflowError, "a place has at most %d numbers", (int)KEY_NUMBERS);
        return -1;
    }
    key->at[key->size++] = number;
    return 0;
}

int key_from(PyObject *tuple, Key *key)
{
    key->size = 0;
    if (!PyTuple_Check(tuple)) {
        PyErr_Format(PyExc_TypeError, "a place must be a tuple of numbers, was %.100R", tuple);
        return -1;
    }
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(tuple); at++) {
        int64_t number;
        if (!as_int64(PyTuple_GET_ITEM(tuple, at), &number) || key_append(key, number) < 0)
            return -1;
    }
    return 0;
}

PyObject *key_tuple(const Key *key)
{
    PyObject *tuple = PyTuple_New(key->size);
    for (int at = 0; tuple != NULL && at < key->size; at++) {
        PyObject *number = PyLong_FromLongLong(key->at[at]);
        if (number == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, at, number);
    }
    return tuple;
}

/* ── reading ── */

int pack_begin(Span *in)
{
    char head[sizeof HEAD];
    if (span_take(in, head, sizeof head) < 0)
        return -1;
    return memcmp(head, HEAD, sizeof HEAD) == 0 ? 0 : malformed("it is no pack");
}

static int take_key(Span *in, Key *key)
{
    uint8_t size = 0;
    if (span_take(in, &size, sizeof size) < 0)
        return -1;
    if (size > WIRE_NUMBERS)
        return malformed("a place has too many numbers");
    key->size = size;
    return span_take(in, key->at, size * sizeof *key->at);
}

int pack_next(Span *in, Record *record)
{
    uint8_t kind = 0;
    if (in->at == in->end)
        return 0;
    if (span_take(in, &kind, sizeof kind) < 0)
        return -1;
    record->kind = kind;
    switch (kind) {
    case RECORD_EVENT:
        if (take_key(in, &record->key) < 0 || span_take(in, &record->size, sizeof record->size) < 0)
            return -1;
        if ((size_t)(in->end - in->at) < record->size)
            return malformed("an event ends too early");
        record->body = in->at;
        in->at += record->size;
        return 1;
    case RECORD_TIME:
        record->key.size = 2;
        return span_take(in, record->key.at, 2 * sizeof *record->key.at) < 0
                || span_take(in, &record->time, sizeof record->time) < 0
            ? -1
            : 1;
    case RECORD_MARK:
        return take_key(in, &record->key) < 0 ? -1 : 1;
    default:
        return malformed("a record is of no kind we know");
    }
}

/* A tick's place is its entry's and its place there; so is that of an event whose writer gave it none. */
int record_place(Record *record, int64_t ms, int64_t number, int64_t index, int is_tick)
{
    if (record->key.size && !is_tick)
        return 0;
    if (index >> TICKS_PER_ENTRY_BITS)
        return malformed("it holds too many events");
    record->key.size = 2;
    record->key.at[0] = ms;
    record->key.at[1] = (int64_t)((uint64_t)number << TICKS_PER_ENTRY_BITS) + index;
    return is_tick ? 0 : key_append(&record->key, FOREIGN);
}

PyObject *body_event(PyObject *codec, const char *bytes, size_t size)
{
    if (Py_IS_TYPE(codec, &FlatCodec_Type))
        return flat_take((FlatCodec *)codec, bytes, size);
    PyObject *body = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size);
    PyObject *event = body != NULL ? PyObject_CallMethod(codec, "decode", "O", body) : NULL;
    Py_XDECREF(body);
    return event;
}

/* Read a pack's events after a place: (events, place of the last or None, mark or None). */
typedef struct {
    PyObject *codec, *events;
    int64_t ms, number, index;
    int is_tick;
    Key after, last, mark;
} Unpacking;

static int unpack_event(Unpacking *self, Record *record)
{
    if (record_place(record, self->ms, self->number, self->index++, self->is_tick) < 0)
        return -1;
    self->last = record->key;
    if (key_compare(&record->key, &self->after) <= 0)
        return 0;
    PyObject *event = body_event(self->codec, record->body, record->size);
    int outcome = event != NULL ? PyList_Append(self->events, event) : -1;
    Py_XDECREF(event);
    return outcome;
}

PyObject *unpack(PyObject *Py_UNUSED(module), PyObject *args, PyObject *keywords)
{
    static char *names[] = {"codec", "payload", "entry", "is_tick", "after", NULL};
    Unpacking self = {0};
    PyObject *after;
    const char *bytes;
    Py_ssize_t size;
    long long ms, number;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "Oy#(LL)$pO", names, &self.codec, &bytes, &size, &ms, &number, &self.is_tick, &after)
        || key_from(after, &self.after) < 0)
        return NULL;
    self.ms = ms;
    self.number = number;
    Span in = {bytes, bytes + size};
    Record record;
    int more = (self.events = PyList_New(0)) == NULL || pack_begin(&in) < 0 ? -1 : 1;
    while (more > 0 && (more = pack_next(&in, &record)) > 0) {
        if (record.kind == RECORD_MARK)
            self.mark = record.key;
        else if (record.kind == RECORD_EVENT && unpack_event(&self, &record) < 0)
            more = -1;
    }
    PyObject *last = more == 0 && self.last.size ? key_tuple(&self.last) : Py_NewRef(Py_None);
    PyObject *mark = more == 0 && self.mark.size ? key_tuple(&self.mark) : Py_NewRef(Py_None);
    PyObject *answer = more == 0 && last != NULL && mark != NULL ? PyTuple_Pack(3, self.events, last, mark) : NULL;
    Py_XDECREF(self.events);
    Py_XDECREF(last);
    Py_XDECREF(mark);
    return answer;
}

/* ── writing ── */

static int packer_close(Packer *self)
{
    PyObject *bytes = PyBytes_FromStringAndSize(self->open.data, (Py_ssize_t)self->open.size);
    int outcome = bytes != NULL ? PyList_Append(self->full, bytes) : -1;
    Py_XDECREF(bytes);
    self->open.size = 0;
    self->in_open = 0;
    return outcome;
}

static int packer_open(Packer *self)
{
    return self->open.size ? 0 : buffer_put(&self->open, HEAD, sizeof HEAD);
}

static int put_key(Buffer *out, const Key *key)
{
    uint8_t size = key != NULL ? (uint8_t)key->size : 0;
    return buffer_put(out, &size, sizeof size) < 0 ? -1 : buffer_put(out, key != NULL ? key->at : NULL, size * 8u);
}

static int put_body(Packer *self, PyObject *event)
{
    if (Py_IS_TYPE(self->codec, &FlatCodec_Type))
        return flat_put(&self->open, (FlatCodec *)self->codec, event);
    PyObject *bytes = PyObject_CallMethod(self->codec, "encode", "O", event);
    int outcome = bytes != NULL && PyBytes_Check(bytes)
        ? buffer_put(&self->open, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes))
        : -1;
    Py_XDECREF(bytes);
    return outcome;
}

static int add_record(Packer *self, const Key *key, PyObject *event)
{
    uint8_t kind = RECORD_EVENT;
    uint32_t size = 0;
    if (buffer_put(&self->open, &kind, sizeof kind) < 0 || put_key(&self->open, key) < 0
        || buffer_put(&self->open, &size, sizeof size) < 0)
        return -1;
    size_t body = self->open.size;
    if (put_body(self, event) < 0)
        return -1;
    size = (uint32_t)(self->open.size - body);
    memcpy(self->open.data + body - sizeof size, &size, sizeof size);
    return 0;
}

int packer_add(Packer *self, const Key *key, PyObject *event)
{
    if ((self->in_open >= self->most_events || (int64_t)self->open.size >= self->most_bytes) && self->in_open
        && packer_close(self) < 0)
        return -1;
    if (packer_open(self) < 0)
        return -1;
    size_t before = self->open.size;
    if (add_record(self, key, event) < 0) {
        /* What could not be written leaves nothing behind. */
        self->open.size = self->in_open || before > sizeof HEAD ? before : 0;
        return -1;
    }
    self->in_open += 1;
    self->added += 1;
    return 0;
}

int packer_add_time(Packer *self, const Key *tick, int64_t time)
{
    uint8_t kind = RECORD_TIME;
    if ((int64_t)self->open.size >= self->most_bytes && packer_close(self) < 0)
        return -1;
    if (packer_open(self) < 0 || buffer_put(&self->open, &kind, sizeof kind) < 0
        || buffer_put(&self->open, tick->at, 2 * sizeof *tick->at) < 0)
        return -1;
    return buffer_put(&self->open, &time, sizeof time);
}

/* ── the type ── */

static PyObject *packer_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"codec", "most_events", "most_bytes", NULL};
    PyObject *codec;
    long long most_events, most_bytes;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O$LL", names, &codec, &most_events, &most_bytes))
        return NULL;
    Packer *self = (Packer *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->codec = Py_NewRef(codec);
    self->full = PyList_New(0);
    self->most_events = most_events;
    self->most_bytes = most_bytes;
    if (self->full == NULL)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static int packer_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(((Packer *)object)->codec);
    Py_VISIT(((Packer *)object)->full);
    return 0;
}

static int packer_clear(PyObject *object)
{
    Py_CLEAR(((Packer *)object)->codec);
    Py_CLEAR(((Packer *)object)->full);
    return 0;
}

static void packer_dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    packer_clear(object);
    PyMem_Free(((Packer *)object)->open.data);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *method_add(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    Key key;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "a place or None and an event are taken");
        return NULL;
    }
    if (args[0] != Py_None && key_from(args[0], &key) < 0)
        return NULL;
    if (packer_add((Packer *)object, args[0] != Py_None ? &key : NULL, args[1]) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *method_add_time(PyObject *object, PyObject *args)
{
    PyObject *tick;
    Key key;
    long long time;
    if (!PyArg_ParseTuple(args, "OL", &tick, &time) || key_from(tick, &key) < 0)
        return NULL;
    if (key.size != 2)
        return PyErr_Format(PyExc_ValueError, "a tick's place has two numbers, was %R", tick);
    return packer_add_time((Packer *)object, &key, time) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *method_mark(PyObject *object, PyObject *mark)
{
    Packer *self = (Packer *)object;
    uint8_t kind = RECORD_MARK;
    Key key;
    if (key_from(mark, &key) < 0)
        return NULL;
    if (!self->open.size)
        Py_RETURN_FALSE;
    if (buffer_put(&self->open, &kind, sizeof kind) < 0 || put_key(&self->open, &key) < 0)
        return NULL;
    Py_RETURN_TRUE;
}

static PyObject *method_take(PyObject *object, PyObject *Py_UNUSED(none))
{
    Packer *self = (Packer *)object;
    PyObject *fresh = PyList_New(0);
    if (fresh == NULL || (self->open.size && packer_close(self) < 0)) {
        Py_XDECREF(fresh);
        return NULL;
    }
    PyObject *packs = self->full;
    self->full = fresh;
    return packs;
}

static PyObject *get_is_empty(PyObject *object, void *Py_UNUSED(closure))
{
    Packer *self = (Packer *)object;
    return PyBool_FromLong(self->open.size == 0 && PyList_GET_SIZE(self->full) == 0);
}

static PyObject *get_added(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(((Packer *)object)->added);
}

static PyMethodDef PACKER_METHODS[] = {
    {"add", (PyCFunction)(void (*)(void))method_add, METH_FASTCALL, "Add an event with its place."},
    {"add_time", method_add_time, METH_VARARGS, "Add a tick's place and when it came in."},
    {"mark", method_mark, METH_O, "Add the mark through which the writer is done; false if there is no pack."},
    {"take", method_take, METH_NOARGS, "Return the packs and begin anew."},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef PACKER_GETTERS[] = {
    {"added", get_added, NULL, "Events ever added.", NULL},
    {"is_empty", get_is_empty, NULL, "True when there is nothing to take.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyTypeObject Packer_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tradewind.native._compiled.Packer",
    .tp_doc = "Collects events of one topic into packs.",
    .tp_basicsize = sizeof(Packer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = packer_new,
    .tp_traverse = packer_traverse,
    .tp_clear = packer_clear,
    .tp_dealloc = packer_dealloc,
    .tp_methods = PACKER_METHODS,
    .tp_getset = PACKER_GETTERS,
};
