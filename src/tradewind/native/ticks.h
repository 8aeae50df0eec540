/* What the files of raw ticks share: the fields of domain/tick.py `RawTick`, and rows made of what they hold.
 *
 * Most fields of a tick are those of its instrument's tick before (its limits, its open, levels that nobody touched), so
 * objects are made only of what has changed. Numbers are the same if their eight bytes are. */
#ifndef TRADEWIND_TICKS_H
#define TRADEWIND_TICKS_H

#include "native.h"
#include <string.h>

enum { RAW_FIELDS = 22, RAW_DEPTH = RAW_FIELDS - 1, LEVEL_FIELDS = 4, MOST_LEVELS = 16, LONGEST_ID = 47 };

/* What each field holds: text, a whole number, a number, and the last two or nothing. */
enum { OF_TEXT = 's', OF_WHOLE = 'I', OF_WHOLE_OR_NONE = 'i', OF_NUMBER_OR_NONE = 'f' };
#define RAW_KINDS "sIIIfifffififffffffff"
#define LEVEL_KINDS "fIfI"

/* One value, and the object made of it; `kind` is 0 before the first, 'n' for nothing, 'i', 'f'. */
typedef struct {
    PyObject *object;
    uint64_t bits;
    int kind;
} Cell;

typedef struct {
    Cell cells[LEVEL_FIELDS];
    PyObject *object;
} Level;

/* An instrument's tick before. */
typedef struct {
    PyObject *id;
    int id_size;
    char id_text[LONGEST_ID + 1];
    Cell cells[RAW_DEPTH];
    Level levels[MOST_LEVELS];
    PyObject *depth;
    /* How many levels `depth` has; -1 before the first and where there is none. */
    int level_count;
} LastTick;

/* Between the machine's order of bytes and MessagePack's, the highest first. */
static inline uint64_t big_endian(uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(value);
#else
    return value;
#endif
}

int cell_renew(Cell *cell, int kind, uint64_t bits);

/* Take a value in. 1 where it is another than before, 0 where it is not, -1 with an exception. */
static inline int cell_take(Cell *cell, int kind, uint64_t bits)
{
    return cell->kind == kind && cell->bits == bits ? 0 : cell_renew(cell, kind, bits);
}

/* Make the level's object anew where `has_changed`; -1 with an exception. */
int level_settle(Level *level, int has_changed);
/* Take the number of levels, each of which is settled; -1 where the tick has no depth at all. */
int depth_settle(LastTick *tick, int count, int has_changed);
/* Return a list for so many rows, which the collector passes over until `rows_done`: it would walk the whole list time
 * and again while it is filled. */
PyObject *rows_begin(Py_ssize_t count);
/* Give the list back to the collector where `is_whole`, and forget it otherwise; NULL then. */
PyObject *rows_done(PyObject *rows, int is_whole);
/* Return the tick as a tuple of RawTick's shape. */
PyObject *tick_row(const LastTick *tick);
void tick_forget(LastTick *tick);

/* ── journal.c, archive.c ────────────────────────────────────────────────────────────────────────────────────── */

void checksum_begin(void);
PyObject *tick_frame(PyObject *module, PyObject *ticks);
PyObject *checksum(PyObject *module, PyObject *data);
PyObject *ticks_of_columns(PyObject *module, PyObject *args);

extern PyTypeObject TickRecorder_Type, FrameReader_Type;

#endif
