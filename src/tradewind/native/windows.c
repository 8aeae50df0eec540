/* features/windows.py in C: the same totals, anchor, resummation and monotonic queues. */
#include "native.h"

#define NEVER ((int64_t)1 << 62)
enum { WINDOW_FIELDS = 12, SMALLEST_ROOM = 64 };

/* ── prices that may become the extreme ── */

static int queue_reserve(PriceQueue *queue)
{
    if (queue->count < queue->room)
        return 0;
    size_t room = queue->room ? queue->room * 2 : SMALLEST_ROOM;
    double *items = PyMem_New(double, room);
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t at = 0; at < queue->count; at++)
        items[at] = queue->items[(queue->begin + at) & (queue->room - 1)];
    PyMem_Free(queue->items);
    queue->items = items;
    queue->begin = 0;
    queue->room = room;
    return 0;
}

static inline double queue_first(const PriceQueue *queue) { return queue->items[queue->begin]; }

static inline double queue_last(const PriceQueue *queue)
{
    return queue->items[(queue->begin + queue->count - 1) & (queue->room - 1)];
}

static inline void queue_push(PriceQueue *queue, double price)
{
    queue->items[(queue->begin + queue->count) & (queue->room - 1)] = price;
    queue->count += 1;
}

static int queue_pop_first(PriceQueue *queue)
{
    if (queue->count < 2) {
        PyErr_SetString(PyExc_IndexError, "a window lost its extreme price; was a price no number?");
        return -1;
    }
    queue->begin = (queue->begin + 1) & (queue->room - 1);
    queue->count -= 1;
    return 0;
}

/* ── the ring of samples ── */

static inline Sample *sample_at(const Windows *all, uint64_t at) { return &all->ring[at & (all->room - 1)]; }

/* How many samples the longest window holds, the one just before its oldest tick included. */
static uint64_t longest(const Windows *all)
{
    int64_t size = 0;
    for (Py_ssize_t at = 0; at < all->count; at++)
        if (all->windows[at].size > size)
            size = all->windows[at].size;
    return (uint64_t)size + 1;
}

static int ring_reserve(Windows *all)
{
    uint64_t held = all->is_begun ? longest(all) : 0;
    if (held + 1 < all->room)
        return 0;
    uint64_t room = all->room * 2;
    Sample *ring = PyMem_New(Sample, room);
    if (ring == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint64_t at = all->end - held; at != all->end; at++)
        ring[at & (room - 1)] = *sample_at(all, at);
    PyMem_Free(all->ring);
    all->ring = ring;
    all->room = room;
    return 0;
}

/* Give every held sample totals that start from 0 at the anchor; `all` goes on from the newest. */
static int ring_resum(Windows *all)
{
    uint64_t held = all->is_begun ? longest(all) : 1;
    uint64_t at = all->end - held;
    if (!all->is_begun) {
        all->is_begun = 1;
        at = all->end++;
        *sample_at(all, at) = (Sample){.price = all->anchor};
    }
    for (uint64_t next = at; next + 1 < all->end; next++)
        if (sample_at(all, next)->price == 0.0)
            return divide(1.0, 0.0, &all->returns);
    Sample *sample = sample_at(all, at);
    int64_t old_lots = sample->lots;
    double old_yuan = sample->yuan, last = sample->price;
    *sample = (Sample){.ts = sample->ts, .price = last, .offset = last - all->anchor};
    Sample before = *sample;
    while (++at != all->end) {
        sample = sample_at(all, at);
        double change = sample->price / last - 1.0, offset = sample->price - all->anchor;
        before = (Sample){
            .ts = sample->ts,
            .price = sample->price,
            .lots = sample->lots - old_lots,
            .yuan = sample->yuan - old_yuan,
            .returns = before.returns + change * change,
            .offset = offset,
            .offsets = before.offsets + offset,
            .squares = before.squares + offset * offset,
        };
        *sample = before;
        last = before.price;
    }
    all->lots = before.lots;
    all->yuan = before.yuan;
    all->returns = before.returns;
    all->offsets = before.offsets;
    all->squares = before.squares;
    int64_t held_most = all->count ? (int64_t)longest(all) : 0;
    all->until_resum = all->resum_after > held_most ? all->resum_after : held_most;
    return 0;
}

/* ── one window ── */

static int window_take(Windows *all, Window *window, int64_t ts, double price)
{
    if (queue_reserve(&window->highs) < 0 || queue_reserve(&window->lows) < 0)
        return -1;
    window->size += 1;
    if (price > window->high) {
        window->high = price;
        window->highs.count = 0;
    } else if (price > window->last) {
        /* The last price ends both queues: only one of them can have anything to drop. */
        while (window->highs.count && queue_last(&window->highs) < price)
            window->highs.count -= 1;
    }
    if (price < window->low) {
        window->low = price;
        window->lows.count = 0;
    } else if (price < window->last) {
        while (window->lows.count && queue_last(&window->lows) > price)
            window->lows.count -= 1;
    }
    queue_push(&window->highs, price);
    queue_push(&window->lows, price);
    window->last = price;
    if (window->size == 1)
        window->oldest = ts;
    int64_t horizon = ts - window->span;
    while (window->oldest <= horizon || window->size > window->limit) {
        window->size -= 1;
        double gone = sample_at(all, all->end - (uint64_t)window->size - 1)->price;
        window->oldest = sample_at(all, all->end - (uint64_t)window->size)->ts;
        if (gone == window->high) {
            if (queue_pop_first(&window->highs) < 0)
                return -1;
            window->high = queue_first(&window->highs);
        }
        if (gone == window->low) {
            if (queue_pop_first(&window->lows) < 0)
                return -1;
            window->low = queue_first(&window->lows);
        }
    }
    return 0;
}

/* Make the message; takes over the references in `fields`, absent ones being an error under way. */
static PyObject *built(PyObject *type, PyObject **fields, size_t count)
{
    PyObject *message = NULL;
    size_t at = 0;
    while (at < count && fields[at] != NULL)
        at++;
    if (at == count)
        message = PyObject_Vectorcall(type, fields, count, NULL);
    for (at = 0; at < count; at++)
        Py_XDECREF(fields[at]);
    return message;
}

static PyObject *window_shown(const Windows *all, const Window *window, const Sample *now, PyObject *type)
{
    const Sample *before = sample_at(all, all->end - (uint64_t)window->size - 1);
    const Sample *oldest = sample_at(all, all->end - (uint64_t)window->size);
    double price = now->price;
    int64_t lots = now->lots - before->lots;
    double yuan = now->yuan - before->yuan, size = (double)window->size;
    double growth, vwap = 0.0, volatility = 0.0, zscore = 0.0, mean = price, percent = 0.0;
    if (divide(price, oldest->price, &growth) < 0)
        return NULL;
    growth -= 1.0;
    if (lots > 0 && divide(yuan / (double)lots, (double)all->multiplier, &vwap) < 0)
        return NULL;
    if (window->high != window->low) {
        double distance = (now->offsets - before->offsets) / size;
        double variance = (now->squares - before->squares) / size - distance * distance;
        percent = growth * 100.0;
        mean = price - now->offset + distance;
        if (root(now->returns - oldest->returns, &volatility) < 0)
            return NULL;
        if (variance > 0.0) {
            double deviation;
            if (root(variance, &deviation) < 0 || divide(now->offset - distance, deviation, &zscore) < 0)
                return NULL;
        }
    }
    PyObject *fields[WINDOW_FIELDS] = {
        Py_NewRef(window->name),
        PyLong_FromLongLong(window->size),
        PyFloat_FromDouble(growth),
        PyFloat_FromDouble(percent),
        lots > 0 ? PyFloat_FromDouble(vwap) : Py_NewRef(Py_None),
        PyLong_FromLongLong(lots),
        PyFloat_FromDouble(yuan),
        PyFloat_FromDouble(window->high),
        PyFloat_FromDouble(window->low),
        PyFloat_FromDouble(mean),
        PyFloat_FromDouble(volatility),
        PyFloat_FromDouble(zscore),
    };
    return built(type, fields, WINDOW_FIELDS);
}

/* ── all windows ── */

PyObject *windows_advance(
    Windows *all, PyObject *window_type, int64_t ts, double price, int64_t volume, double turnover)
{
    double change;
    int64_t lots;
    if (ts < INT64_MIN / 2) {
        overflowed("ts_event");
        return NULL;
    }
    if (ring_reserve(all) < 0)
        return NULL;
    if (all->until_resum <= 0) {
        all->last = all->anchor = all->last != 0.0 ? all->last : price;
        if (ring_resum(all) < 0)
            return NULL;
    }
    all->until_resum -= 1;
    if (divide(price, all->last, &change) < 0)
        return NULL;
    if (__builtin_add_overflow(all->lots, volume, &lots)) {
        overflowed("the volume of a window");
        return NULL;
    }
    change -= 1.0;
    double offset = price - all->anchor;
    all->last = price;
    all->lots = lots;
    all->yuan += turnover;
    all->returns += change * change;
    all->offsets += offset;
    all->squares += offset * offset;
    Sample now = {ts, price, lots, all->yuan, all->returns, offset, all->offsets, all->squares};
    *sample_at(all, all->end++) = now;
    PyObject *shown = PyTuple_New(all->count);
    for (Py_ssize_t at = 0; shown != NULL && at < all->count; at++) {
        Window *window = &all->windows[at];
        PyObject *features = NULL;
        if (window_take(all, window, ts, price) == 0)
            features = window_shown(all, window, &now, window_type);
        if (features == NULL)
            Py_CLEAR(shown);
        else
            PyTuple_SET_ITEM(shown, at, features);
    }
    return shown;
}

static int window_init(Window *window, PyObject *spec, int64_t max_samples)
{
    long long span, count;
    PyObject *name;
    if (!PyArg_ParseTuple(spec, "ULL;a window is (name, span_ns, count)", &name, &span, &count))
        return -1;
    window->limit = count && count < max_samples ? count : max_samples;
    window->span = span ? span : NEVER;
    if (window->limit < 1 || window->span < 1 || window->span > NEVER) {
        PyErr_Format(PyExc_ValueError, "a window needs a span or a count of at least 1, was %R", spec);
        return -1;
    }
    window->name = Py_NewRef(name);
    window->oldest = NEVER;
    window->high = -Py_HUGE_VAL;
    window->low = Py_HUGE_VAL;
    return 0;
}

int windows_init(Windows *all, PyObject *specs, int64_t multiplier, int64_t max_samples, int64_t resum_after)
{
    PyObject *sequence = PySequence_Tuple(specs);
    if (sequence == NULL)
        return -1;
    Py_ssize_t count = PyTuple_GET_SIZE(sequence);
    all->multiplier = multiplier;
    all->resum_after = resum_after;
    all->room = SMALLEST_ROOM;
    all->ring = PyMem_New(Sample, SMALLEST_ROOM);
    all->windows = PyMem_Calloc((size_t)count + 1, sizeof(Window));
    int is_good = all->ring != NULL && all->windows != NULL;
    if (!is_good)
        PyErr_NoMemory();
    for (Py_ssize_t at = 0; is_good && at < count; at++) {
        is_good = window_init(&all->windows[at], PyTuple_GET_ITEM(sequence, at), max_samples) == 0;
        all->count += is_good;
    }
    Py_DECREF(sequence);
    return is_good ? 0 : -1;
}

void windows_free(Windows *all)
{
    for (Py_ssize_t at = 0; at < all->count; at++) {
        Py_CLEAR(all->windows[at].name);
        PyMem_Free(all->windows[at].highs.items);
        PyMem_Free(all->windows[at].lows.items);
    }
    all->count = 0;
    PyMem_Free(all->windows);
    PyMem_Free(all->ring);
    all->windows = NULL;
    all->ring = NULL;
}
