/* bus/packs.py and `LineRoom.offer_pack` in C: a pack's records to events, all of them or none. */
#include "line_core.h"

typedef struct {
    PyObject *codec, *payload;
    int64_t ms, number;
    int is_tick, is_heard;
    Queue *queue;
} Source;

static Held *batch_add(Batch *batch)
{
    if (batch->count == batch->room) {
        size_t room = batch->room ? batch->room * 2 : 64;
        Held *items = PyMem_Realloc(batch->items, room * sizeof *items);
        if (items == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        batch->items = items;
        batch->room = room;
    }
    Held *held = &batch->items[batch->count++];
    held->event = (Event){NULL};
    return held;
}

/* Let go of what was not held, and leave the memory to the next pack. */
static void batch_end(LineCore *self, Batch *batch)
{
    for (size_t at = 0; at < batch->count; at++)
        Py_XDECREF(batch->items[at].event.object);
    batch->count = 0;
    PyMem_Free(self->batch.items);
    self->batch = *batch;
}

static int add_event(const Source *source, const Record *record, const Key *newest, Batch *batch)
{
    Held *held = batch_add(batch);
    if (held == NULL)
        return -1;
    key_copy(&held->place, &record->key);
    held->number = RECORD_EVENT;
    if (source->is_tick
        && flat_peek_time((FlatCodec *)source->codec, record->body, record->size, &held->time) < 0)
        return -1;
    if (!source->is_heard || key_compare(&record->key, newest) <= 0)
        return 0;
    if (Py_IS_TYPE(source->codec, &FlatCodec_Type)
        && flat_is_sound((FlatCodec *)source->codec, record->body, record->size))
        held->event = (Event){Py_NewRef(source->payload), record->body, record->size};
    else
        held->event.object = body_event(source->codec, record->body, record->size);
    return held->event.object != NULL ? 0 : -1;
}

static int read_all(const Source *source, Span in, Batch *batch, Key *last, Key *mark, int64_t *events)
{
    Record record;
    int more;
    if (pack_begin(&in) < 0)
        return -1;
    while ((more = pack_next(&in, &record)) > 0) {
        if (record.kind == RECORD_MARK) {
            key_copy(mark, &record.key);
        } else if (record.kind == RECORD_TIME) {
            Held *held = batch_add(batch);
            if (held == NULL)
                return -1;
            key_copy(&held->place, &record.key);
            held->number = RECORD_TIME;
            held->time = record.time;
        } else {
            if (record_place(&record, source->ms, source->number, *events, source->is_tick) < 0
                || add_event(source, &record, &source->queue->newest, batch) < 0)
                return -1;
            key_copy(last, &record.key);
            *events += 1;
        }
    }
    return more;
}

static int hold_all(LineCore *self, const Source *source, Batch *batch)
{
    for (size_t at = 0; at < batch->count; at++) {
        Held *held = &batch->items[at];
        if ((source->is_tick || held->number == RECORD_TIME) && core_hold_time(self, &held->place, held->time) < 0)
            return -1;
        Event event = held->event;
        held->event = (Event){NULL};
        if (event.object != NULL && core_hold_event(self, source->queue, &held->place, event) < 0)
            return -1;
    }
    return 0;
}

PyObject *core_unpack(LineCore *self, PyObject *const *args, Py_ssize_t count)
{
    enum { TOPIC, CODEC, PAYLOAD, MS, NUMBER, ARGUMENTS };
    Source source;
    if (count != ARGUMENTS || !PyUnicode_Check(args[TOPIC]) || !PyBytes_Check(args[PAYLOAD])) {
        PyErr_SetString(PyExc_TypeError, "a topic, its codec, bytes and an entry's two numbers are taken");
        return NULL;
    }
    if (!as_int64(args[MS], &source.ms) || !as_int64(args[NUMBER], &source.number))
        return NULL;
    source.codec = args[CODEC];
    source.payload = args[PAYLOAD];
    source.is_tick = PyUnicode_Compare(args[TOPIC], self->refs[TICK_TOPIC]) == 0;
    if (source.is_tick && !Py_IS_TYPE(source.codec, &FlatCodec_Type))
        return PyErr_Format(PyExc_TypeError, "ticks are flat, their codec was %R", source.codec);
    source.is_heard = core_handlers(self, args[TOPIC]) != NULL;
    source.queue = PyErr_Occurred() ? NULL : core_queue(self, args[TOPIC]);
    if (source.queue == NULL)
        return NULL;
    /* One topic has one codec, whatever is held of it. */
    if (Py_IS_TYPE(source.codec, &FlatCodec_Type) && source.queue->codec == NULL)
        source.queue->codec = (FlatCodec *)Py_NewRef(source.codec);
    const char *bytes = PyBytes_AS_STRING(args[PAYLOAD]);
    Span in = {bytes, bytes + PyBytes_GET_SIZE(args[PAYLOAD])};
    Batch batch = self->batch;
    self->batch = (Batch){0};
    Key last = {0}, mark = {0};
    int64_t events = 0;
    int is_good = read_all(&source, in, &batch, &last, &mark, &events) == 0 && hold_all(self, &source, &batch) == 0;
    batch_end(self, &batch);
    if (!is_good)
        return NULL;
    PyObject *place = last.size ? key_tuple(&last) : Py_NewRef(Py_None);
    PyObject *told = mark.size ? key_tuple(&mark) : Py_NewRef(Py_None);
    PyObject *answer = place != NULL && told != NULL ? Py_BuildValue("OOL", place, told, (long long)events) : NULL;
    Py_XDECREF(place);
    Py_XDECREF(told);
    return answer;
}
