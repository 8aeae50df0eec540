/* The order of the line in one room: line_core.c works, line_types.c is what Python sees of it. */
#ifndef TRADEWIND_LINE_CORE_H
#define TRADEWIND_LINE_CORE_H

#include "lines.h"

enum { MOST_TOPICS = 12, MOST_WRITERS = 8, TIMED = 4 };
enum { NOW, NEXT_DUE, CLOCK_SLOTS };

/* An event, or the bytes of the pack in which it lies at `body`: nothing is made of it before its turn, so that those
 * that wait need no memory of their own, and each is handled while it is in the cache. */
typedef struct {
    PyObject *object;
    const char *body;
    uint32_t size;
} Event;

/* The place comes last, so that a short one leaves the rest of its memory untouched. */
typedef struct {
    /* Of nothing where only time moves on, to `time`. */
    Event event;
    int64_t number, time;
    Key place;
} Held;

/* Events and times on their way from a pack to the queues. */
typedef struct {
    Held *items;
    size_t count, room;
} Batch;

/* What has come of one topic; the first of a room's queues is of time alone. */
typedef struct {
    PyObject *topic;
    /* What makes events of those that lie in packs. */
    FlatCodec *codec;
    Key newest;
    Held *ring;
    size_t begin, count, room;
} Queue;

enum { ROOM, HANDLERS, CLOCK, ADVANCE, STAND_AT, WRITE, ON_FAILURE, ON_LOOSE, TICK_TOPIC, RELAY, WRITTEN, CORE_REFS };

typedef struct {
    PyObject_HEAD
    PyObject *refs[CORE_REFS];
    Layout clock;
    Queue queues[MOST_TOPICS];
    int queue_count;
    PyObject *writer_names[MOST_WRITERS];
    Key marks[MOST_WRITERS], frontier, tick, place, last, relayed;
    int writers, rank, is_handling, is_awaited[MOST_WRITERS];
    int64_t number, held, max_held, published, repeated, resumed;
    /* Empty between two packs: its memory is used again. */
    Batch batch;
} LineCore;

extern PyTypeObject LineCore_Type, LinePublisher_Type;

/* The queue of a topic, made when it is asked for first; NULL with an exception. */
Queue *core_queue(LineCore *self, PyObject *topic);
/* Who hears a topic, borrowed; NULL, without an exception, when nobody does. */
PyObject *core_handlers(LineCore *self, PyObject *topic);
/* Hold what is news: 1, 0 for what was seen before, -1 with an exception. The event's reference is taken over. */
int core_hold_time(LineCore *self, const Key *tick, int64_t time);
int core_hold_event(LineCore *self, Queue *queue, const Key *key, Event event);
int core_told(LineCore *self, PyObject *writer, const Key *mark);
int core_await_only(LineCore *self, PyObject *names);
int core_is_ahead(LineCore *self, PyObject *writer);
int core_work(LineCore *self);
int core_next_key(LineCore *self, Key *key);
/* Hold what a pack brings: (place of the last event or None, mark or None, how many events). */
PyObject *core_unpack(LineCore *self, PyObject *const *args, Py_ssize_t count);

#endif
