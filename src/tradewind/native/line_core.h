/* The order of the line in one room: line_core.c works, line_types.c is what Python sees of it. */
#ifndef TRADEWIND_LINE_CORE_H
#define TRADEWIND_LINE_CORE_H

#include "lines.h"

enum { MOST_TOPICS = 12, MOST_WRITERS = 8, TIMED = 4 };
enum { NOW, NEXT_DUE, CLOCK_SLOTS };

typedef struct {
    Key place;
    int64_t number;
    /* NULL where only time moves on, to `time`. */
    PyObject *event;
    int64_t time;
} Held;

/* What has come of one topic; the first of a room's queues is of time alone. */
typedef struct {
    PyObject *topic;
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
} LineCore;

extern PyTypeObject LineCore_Type, LinePublisher_Type;

/* The queue of a topic, made when it is asked for first; NULL with an exception. */
Queue *core_queue(LineCore *self, PyObject *topic);
/* Who hears a topic, borrowed; NULL, without an exception, when nobody does. */
PyObject *core_handlers(LineCore *self, PyObject *topic);
/* Hold what is news: 1, 0 for what was seen before, -1 with an exception. The event's reference is taken over. */
int core_hold_time(LineCore *self, const Key *tick, int64_t time);
int core_hold_event(LineCore *self, Queue *queue, const Key *key, PyObject *event);
int core_told(LineCore *self, PyObject *writer, const Key *mark);
int core_await_only(LineCore *self, PyObject *names);
int core_is_ahead(LineCore *self, PyObject *writer);
int core_work(LineCore *self);
int core_next_key(LineCore *self, Key *key);
/* Hold what a pack brings: (place of the last event or None, mark or None, how many events). */
PyObject *core_unpack(LineCore *self, PyObject *const *args, Py_ssize_t count);

#endif
