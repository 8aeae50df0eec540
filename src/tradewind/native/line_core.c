/* bus/line_room.py in C: holds what has come in from several writers, hands it to a room's handlers in the order of the
 * line, and gives what the room publishes its keys. Keys are numbers here; Python sees them as tuples. */
#include "line_core.h"
#include <string.h>

/* ── what is held, a queue for each topic; each is in order, mostly because it comes so ── */

static inline Held *held_at(const Queue *queue, size_t at) { return &queue->ring[(queue->begin + at) & (queue->room - 1)]; }

static inline void held_copy(Held *to, const Held *from)
{
    to->event = from->event;
    to->number = from->number;
    to->time = from->time;
    key_copy(&to->place, &from->place);
}

static int queue_grow(Queue *queue)
{
    size_t room = queue->room ? queue->room * 2 : 64;
    Held *ring = PyMem_Malloc(room * sizeof *ring);
    if (ring == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t at = 0; at < queue->count; at++)
        held_copy(&ring[at], held_at(queue, at));
    PyMem_Free(queue->ring);
    queue->ring = ring;
    queue->begin = 0;
    queue->room = room;
    return 0;
}

/* Hold one more, whose reference is taken over; behind those of the same place. */
static int hold(LineCore *self, Queue *queue, const Key *place, Event event, int64_t time)
{
    if (queue->count == queue->room && queue_grow(queue) < 0) {
        Py_XDECREF(event.object);
        return -1;
    }
    size_t at = queue->count++;
    for (; at > 0 && key_compare(&held_at(queue, at - 1)->place, place) > 0; at--)
        held_copy(held_at(queue, at), held_at(queue, at - 1));
    Held *held = held_at(queue, at);
    held->event = event;
    held->number = ++self->number;
    held->time = time;
    key_copy(&held->place, place);
    self->held += 1;
    return 0;
}

Queue *core_queue(LineCore *self, PyObject *topic)
{
    for (int at = 1; at < self->queue_count; at++)
        if (self->queues[at].topic == topic)
            return &self->queues[at];
    for (int at = 1; at < self->queue_count; at++)
        if (PyUnicode_Compare(self->queues[at].topic, topic) == 0)
            return &self->queues[at];
    if (PyErr_Occurred())
        return NULL;
    if (self->queue_count == MOST_TOPICS)
        return PyErr_Format(PyExc_ValueError, "a room hears at most %d topics", (int)MOST_TOPICS - 1), NULL;
    Queue *queue = &self->queues[self->queue_count++];
    queue->topic = Py_NewRef(topic);
    queue->newest = (Key){2, {0, 0}};
    return queue;
}

PyObject *core_handlers(LineCore *self, PyObject *topic)
{
    PyObject *handlers = PyDict_GetItemWithError(self->refs[HANDLERS], topic);
    return handlers != NULL && PyList_Check(handlers) && PyList_GET_SIZE(handlers) ? handlers : NULL;
}

int core_hold_time(LineCore *self, const Key *tick, int64_t time)
{
    Queue *queue = &self->queues[0];
    if (key_compare(tick, &queue->newest) <= 0)
        return 0;
    key_copy(&queue->newest, tick);
    return hold(self, queue, tick, (Event){NULL}, time) < 0 ? -1 : 1;
}

int core_hold_event(LineCore *self, Queue *queue, const Key *key, Event event)
{
    Key place;
    if (key_compare(key, &queue->newest) <= 0) {
        Py_DECREF(event.object);
        return 0;
    }
    key_copy(&place, key);
    if (key_append(&place, self->rank) < 0) {
        Py_DECREF(event.object);
        return -1;
    }
    key_copy(&queue->newest, key);
    return hold(self, queue, &place, event, 0) < 0 ? -1 : 1;
}

/* ── handing over ── */

/* Make the event that lies in a pack; takes over the reference to the one or the other. */
static PyObject *event_of(const Queue *queue, Event event)
{
    if (event.body == NULL)
        return event.object;
    PyObject *made = flat_take(queue->codec, event.body, event.size);
    Py_DECREF(event.object);
    return made;
}

static int called(PyObject *done)
{
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int advance(LineCore *self, int64_t time)
{
    const Layout *layout = &self->clock;
    PyObject *clock = self->refs[CLOCK];
    int64_t now, next_due;
    PyObject *number = PyLong_FromLongLong(time);
    if (number == NULL)
        return -1;
    int outcome = 0;
    if (is_int64(*layout_slot(layout, clock, NOW), &now) && now != 0
        && is_int64(*layout_slot(layout, clock, NEXT_DUE), &next_due) && (time <= now || time < next_due)) {
        if (time > now)
            slot_put(layout, clock, NOW, Py_NewRef(number));
    } else {
        outcome = called(PyObject_CallOneArg(self->refs[ADVANCE], number));
    }
    Py_DECREF(number);
    return outcome;
}

/* The handler guard, one of the three boundaries: what a handler raised is reported, the next is served. */
static int report(LineCore *self, PyObject *topic, PyObject *event)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyObject *error = taken_exception();
    int outcome = called(
        PyObject_CallFunctionObjArgs(self->refs[ON_FAILURE], topic, self->refs[ROOM], event, error, NULL));
    Py_XDECREF(error);
    return outcome;
}

static int call_handlers(LineCore *self, PyObject *topic, PyObject *event)
{
    PyObject *handlers = core_handlers(self, topic);
    if (handlers == NULL)
        return PyErr_Occurred() ? -1 : 0;
    if (PyList_GET_SIZE(handlers) == 1) {
        PyObject *only = Py_NewRef(PyList_GET_ITEM(handlers, 0));
        int is_done = called(PyObject_CallOneArg(only, event)) == 0;
        Py_DECREF(only);
        return is_done ? 0 : report(self, topic, event);
    }
    /* Held on to: a handler may subscribe or cancel, which takes effect with the next event. */
    PyObject *now = PyList_AsTuple(handlers);
    int outcome = now != NULL ? 0 : -1;
    for (Py_ssize_t at = 0; outcome == 0 && at < PyTuple_GET_SIZE(now); at++)
        if (called(PyObject_CallOneArg(PyTuple_GET_ITEM(now, at), event)) < 0)
            outcome = report(self, topic, event);
    Py_XDECREF(now);
    return outcome;
}

static int handle(LineCore *self, PyObject *topic, const Key *place, PyObject *event)
{
    if (place->size > 3 && place->at[2] == TIMER) {
        PyObject *due = PyLong_FromLongLong(place->at[3]);
        int outcome = due != NULL ? called(PyObject_CallOneArg(self->refs[STAND_AT], due)) : -1;
        Py_XDECREF(due);
        if (outcome < 0)
            return -1;
    }
    key_copy(&self->place, place);
    self->published = 0;
    self->is_handling = 1;
    int outcome = call_handlers(self, topic, event);
    self->is_handling = 0;
    return outcome;
}

static int move_time(LineCore *self, const Held *held)
{
    PyObject *relay = self->refs[RELAY];
    if (advance(self, held->time) < 0)
        return -1;
    key_copy(&self->tick, &held->place);
    if (relay == Py_None || key_compare(&held->place, &self->relayed) <= 0)
        return 0;
    return packer_add_time((Packer *)relay, &held->place, held->time);
}

static Queue *first_queue(LineCore *self)
{
    Queue *first = NULL;
    for (int at = 0; at < self->queue_count; at++) {
        Queue *queue = &self->queues[at];
        if (!queue->count)
            continue;
        if (first != NULL) {
            const Held *one = held_at(queue, 0), *other = held_at(first, 0);
            int order = key_compare(&one->place, &other->place);
            if (order > 0 || (order == 0 && one->number > other->number))
                continue;
        }
        first = queue;
    }
    return first;
}

int core_work(LineCore *self)
{
    Queue *queue;
    int outcome = 0;
    while (outcome == 0 && (queue = first_queue(self)) != NULL) {
        Held held;
        if (key_compare(&held_at(queue, 0)->place, &self->frontier) >= 0)
            break;
        held_copy(&held, held_at(queue, 0));
        queue->begin = (queue->begin + 1) & (queue->room - 1);
        queue->count -= 1;
        self->held -= 1;
        if (queue->count == 0)
            queue->begin = 0; /* Where the ring is still in the cache. */
        if (queue->topic == NULL) {
            outcome = move_time(self, &held);
            continue;
        }
        PyObject *event = event_of(queue, held.event);
        outcome = event != NULL ? handle(self, queue->topic, &held.place, event) : -1;
        Py_XDECREF(event);
    }
    if (outcome == 0 && self->frontier.size == TIMED && self->frontier.at[2] == TIMER)
        outcome = advance(self, self->frontier.at[3] - 1);
    return outcome;
}

/* ── marks ── */

static int writer_of(LineCore *self, PyObject *name)
{
    for (int at = 0; at < self->writers; at++)
        if (PyUnicode_Compare(self->writer_names[at], name) == 0)
            return at;
    if (!PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    return -1;
}

static void find_frontier(LineCore *self)
{
    const Key *first = NULL;
    for (int at = 0; at < self->writers; at++)
        if (self->is_awaited[at] && (first == NULL || key_compare(&self->marks[at], first) < 0))
            first = &self->marks[at];
    if (first != NULL)
        self->frontier = *first;
}

int core_told(LineCore *self, PyObject *writer, const Key *mark)
{
    int at = writer_of(self, writer);
    if (at < 0)
        return -1;
    if (key_compare(mark, &self->marks[at]) > 0) {
        self->marks[at] = *mark;
        find_frontier(self);
    }
    return 0;
}

int core_await_only(LineCore *self, PyObject *names)
{
    int is_awaited[MOST_WRITERS] = {0};
    for (Py_ssize_t name = 0; name < PyTuple_GET_SIZE(names); name++) {
        int at = writer_of(self, PyTuple_GET_ITEM(names, name));
        if (at < 0)
            return -1;
        is_awaited[at] = 1;
        if (!self->is_awaited[at] && key_compare(&self->marks[at], &self->frontier) < 0)
            self->marks[at] = self->frontier;
    }
    memcpy(self->is_awaited, is_awaited, sizeof is_awaited);
    find_frontier(self);
    return 0;
}

int core_is_ahead(LineCore *self, PyObject *writer)
{
    int at = writer_of(self, writer);
    return at < 0 ? -1 : key_compare(&self->marks[at], &self->frontier) > 0;
}

/* ── keys of what is published ── */

static int at_timers(LineCore *self)
{
    int64_t now;
    Key place = {2, {self->tick.at[0], self->tick.at[1]}};
    if (!as_int64(*layout_slot(&self->clock, self->refs[CLOCK], NOW), &now) || key_append(&place, TIMER) < 0
        || key_append(&place, now) < 0 || key_append(&place, self->rank) < 0)
        return -1;
    if (key_compare(&place, &self->place) != 0) {
        self->place = place;
        self->published = 0;
    }
    return 0;
}

int core_next_key(LineCore *self, Key *key)
{
    if (!self->is_handling && at_timers(self) < 0)
        return -1;
    key_copy(key, &self->place);
    if (key_append(key, self->published) < 0)
        return -1;
    self->published += 1;
    if (key_compare(key, &self->last) <= 0) {
        /* Something spoke out of turn, such as an asynchronous strategy: it takes the place after the last. */
        key_copy(key, &self->last);
        key->at[key->size - 1] += 1;
    }
    key_copy(&self->last, key);
    return 0;
}
