/* What the files of the line between processes share: keys, flat events, packs (bus/line_order.py, flat.py, packs.py). */
#ifndef TRADEWIND_LINES_H
#define TRADEWIND_LINES_H

#include "native.h"
#include <string.h>

/* ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct {
    char *data;
    size_t size, room;
} Buffer;

int buffer_grow(Buffer *out, size_t more);

static inline int buffer_reserve(Buffer *out, size_t more)
{
    return out->size + more <= out->room ? 0 : buffer_grow(out, more);
}

static inline int buffer_put(Buffer *out, const void *bytes, size_t size)
{
    if (buffer_reserve(out, size) < 0)
        return -1;
    memcpy(out->data + out->size, bytes, size);
    out->size += size;
    return 0;
}

typedef struct {
    const char *at, *end;
} Span;

/* Say with a ValueError what is wrong with bytes; -1. */
int malformed(const char *what);

static inline int span_has(const Span *in, size_t size) { return (size_t)(in->end - in->at) >= size; }

static inline int span_take(Span *in, void *value, size_t size)
{
    if (!span_has(in, size))
        return malformed("it ends too early");
    memcpy(value, in->at, size);
    in->at += size;
    return 0;
}

/* ── flat*.c ─────────────────────────────────────────────────────────────────────────────────────────────────── */

/* The tag before each value, and what a field may hold; bus/flat.py has the same under the same names. */
enum { NOTHING, FLOAT, INT64, INT8, INT32, TEXT, TUPLE, STRUCT };
enum { MAY_NONE = 1, MAY_FLOAT = 2, MAY_INT = 4, MAY_TEXT = 8, MAY_TUPLE = 16, MAY_STRUCT = 32, IS_FIXED = 64, IS_UNREAD = 128 };
enum { TEXTS_REMEMBERED = 256 };

/* What a field may hold; a struct has `layout` and a kind for each field, a tuple one for its items or one for each. */
typedef struct Kind {
    int mask, count, is_whole;
    Layout *layout;
    struct Kind *items;
} Kind;

typedef struct {
    PyObject_HEAD
    Kind kind;
    int time_field;
    PyObject *texts[TEXTS_REMEMBERED];
} FlatCodec;

extern PyTypeObject FlatCodec_Type;

/* True when a value of that tag may stand there. */
static inline int kind_allows(const Kind *kind, unsigned tag)
{
    static const int NEEDED[] = {MAY_NONE, MAY_FLOAT, MAY_INT, MAY_INT, MAY_INT, MAY_TEXT, MAY_TUPLE, MAY_STRUCT};
    return tag <= STRUCT && kind->mask & NEEDED[tag];
}

/* Read a whole number with its tag. */
int span_take_number(Span *in, int64_t *number);

int flat_put(Buffer *out, const FlatCodec *codec, PyObject *event);
PyObject *flat_take(FlatCodec *codec, const char *bytes, size_t size);
/* Step over a value without making anything of it. False, without an exception, where `flat_take` alone can tell what
 * becomes of it: it is malformed, or has text beyond ASCII, or a struct that does something when it is made. */
int flat_pass(Span *in, const Kind *kind);
/* True when bytes are an event for sure: `flat_take` will make one of them, whenever that is. */
int flat_is_sound(const FlatCodec *codec, const char *bytes, size_t size);
/* Read the field that says when an event came in, and nothing else of it. */
int flat_peek_time(const FlatCodec *codec, const char *bytes, size_t size, int64_t *time);

/* Read the first two fields, an instrument and a sequence number; the text stays where it is. */
int flat_peek_name(const char *bytes, size_t size, const char **id, size_t *length, int64_t *seq);

/* ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────── */

/* Rooms add to what they read: what is read may have less than what can be held. */
enum { KEY_NUMBERS = 16, WIRE_NUMBERS = 12 };
#define TIMER (INT64_C(1) << 31)
#define FOREIGN (TIMER - 1)

typedef struct {
    int size;
    int64_t at[KEY_NUMBERS];
} Key;

static inline int key_compare(const Key *one, const Key *other)
{
    int shared = one->size < other->size ? one->size : other->size;
    for (int number = 0; number < shared; number++)
        if (one->at[number] != other->at[number])
            return one->at[number] < other->at[number] ? -1 : 1;
    return one->size - other->size;
}

/* Most keys use few of their numbers: the others are not carried about. */
static inline void key_copy(Key *to, const Key *from)
{
    to->size = from->size;
    for (int number = 0; number < from->size; number++)
        to->at[number] = from->at[number];
}

/* Add a number at the end; -1 with an OverflowError when there is no place. */
int key_append(Key *key, int64_t number);
int key_from(PyObject *tuple, Key *key);
PyObject *key_tuple(const Key *key);

/* ── pack.c ──────────────────────────────────────────────────────────────────────────────────────────────────── */

enum { RECORD_EVENT = 1, RECORD_TIME, RECORD_MARK };
enum { TICKS_PER_ENTRY_BITS = 16 };

/* One record of a pack; what belongs to another kind of record is unset. */
typedef struct {
    int kind;
    Key key;
    int64_t time;
    const char *body;
    uint32_t size;
} Record;

/* Read what says that bytes are a pack; -1 with a ValueError if they are none. */
int pack_begin(Span *in);
/* Read the next record: 1, 0 at the end, -1 with a ValueError. */
int pack_next(Span *in, Record *record);

typedef struct {
    PyObject_HEAD
    PyObject *codec, *full;
    Buffer open;
    int64_t most_events, most_bytes, in_open, added;
} Packer;

extern PyTypeObject Packer_Type;

/* Add an event with its key; NULL for an event whose place is that of its entry. */
int packer_add(Packer *self, const Key *key, PyObject *event);
int packer_add_time(Packer *self, const Key *tick, int64_t time);

int record_place(Record *record, int64_t ms, int64_t number, int64_t index, int is_tick);
/* Functions of the module. */
PyObject *unpack(PyObject *module, PyObject *args, PyObject *keywords);
PyObject *skim(PyObject *module, PyObject *args, PyObject *keywords);

/* An event out of a record's body, by a flat codec or a function of bytes. */
PyObject *body_event(PyObject *codec, const char *bytes, size_t size);

#endif
