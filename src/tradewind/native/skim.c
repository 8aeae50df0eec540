/* bus/packs.py `skim` in C: of a pack, the newest event of each instrument, for who keeps nothing but the newest. */
#include "lines.h"
#include <string.h>

/* What a pack holds of one instrument. */
typedef struct {
    const char *id;
    size_t length;
    int64_t first, last, count, gaps;
    const char *body;
    uint32_t size;
} Group;

typedef struct {
    Group *groups;
    size_t *table;
    size_t count, room;
} Groups;

static size_t hash_of(const char *text, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t at = 0; at < length; at++)
        hash = (hash ^ (unsigned char)text[at]) * UINT64_C(1099511628211);
    return (size_t)(hash ^ (hash >> 32));
}

/* The place of an instrument's group; `table` holds places plus one. */
static Group *group_of(Groups *all, const char *id, size_t length)
{
    size_t at = hash_of(id, length) & (all->room - 1);
    for (; all->table[at]; at = (at + 1) & (all->room - 1)) {
        Group *group = &all->groups[all->table[at] - 1];
        if (group->length == length && memcmp(group->id, id, length) == 0)
            return group;
    }
    all->table[at] = ++all->count;
    Group *fresh = &all->groups[all->count - 1];
    fresh->id = id;
    fresh->length = length;
    return fresh;
}

static int note(Groups *all, const Record *record)
{
    const char *id;
    size_t length;
    int64_t seq;
    if (flat_peek_name(record->body, record->size, &id, &length, &seq) < 0)
        return -1;
    Group *group = group_of(all, id, length);
    if (group->count && seq <= group->last)
        return 0;
    if (!group->count)
        group->first = seq;
    else if (seq - 1 != group->last)
        group->gaps += 1;
    group->last = seq;
    group->count += 1;
    group->body = record->body;
    group->size = record->size;
    return 0;
}

static int open_groups(Groups *all, Span in)
{
    Record record;
    size_t events = 0;
    int more;
    if (pack_begin(&in) < 0)
        return -1;
    while ((more = pack_next(&in, &record)) > 0)
        events += record.kind == RECORD_EVENT;
    for (all->room = 16; all->room < 2 * events; all->room *= 2)
        ;
    all->groups = PyMem_Calloc(events + 1, sizeof *all->groups);
    all->table = PyMem_Calloc(all->room, sizeof *all->table);
    if (more == 0 && (all->groups == NULL || all->table == NULL)) {
        PyErr_NoMemory();
        return -1;
    }
    return more;
}

static int fill(Groups *all, Span in, const Key *entry, int is_tick, const Key *after, Key *last)
{
    Record record;
    int64_t index = 0;
    int more = pack_begin(&in) < 0 ? -1 : 1;
    while (more > 0 && (more = pack_next(&in, &record)) > 0) {
        if (record.kind != RECORD_EVENT)
            continue;
        if (record_place(&record, entry->at[0], entry->at[1], index++, is_tick) < 0)
            return -1;
        *last = record.key;
        if (key_compare(&record.key, after) > 0 && note(all, &record) < 0)
            return -1;
    }
    return more;
}

static PyObject *newest_of(const Groups *all, FlatCodec *codec)
{
    PyObject *newest = PyList_New(0);
    for (size_t at = 0; newest != NULL && at < all->count; at++) {
        const Group *group = &all->groups[at];
        PyObject *event = flat_take(codec, group->body, group->size);
        PyObject *one = event == NULL
            ? NULL
            : Py_BuildValue(
                "NLLL", event, (long long)group->first, (long long)group->count, (long long)group->gaps);
        if (one == NULL || PyList_Append(newest, one) < 0)
            Py_CLEAR(newest);
        Py_XDECREF(one);
    }
    return newest;
}

PyObject *skim(PyObject *Py_UNUSED(module), PyObject *args, PyObject *keywords)
{
    static char *names[] = {"codec", "payload", "entry", "is_tick", "after", NULL};
    PyObject *codec, *entry_tuple, *after_tuple, *newest = NULL;
    const char *bytes;
    Py_ssize_t size;
    int is_tick;
    Key entry, after, last = {0};
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "O!y#O$pO", names, &FlatCodec_Type, &codec, &bytes, &size, &entry_tuple, &is_tick,
            &after_tuple)
        || key_from(entry_tuple, &entry) < 0 || key_from(after_tuple, &after) < 0)
        return NULL;
    Groups all = {0};
    Span in = {bytes, bytes + size};
    if (open_groups(&all, in) == 0 && fill(&all, in, &entry, is_tick, &after, &last) == 0)
        newest = newest_of(&all, (FlatCodec *)codec);
    PyMem_Free(all.groups);
    PyMem_Free(all.table);
    PyObject *place = newest == NULL ? NULL : last.size ? key_tuple(&last) : Py_NewRef(Py_None);
    PyObject *answer = place != NULL ? PyTuple_Pack(2, newest, place) : NULL;
    Py_XDECREF(newest);
    Py_XDECREF(place);
    return answer;
}
