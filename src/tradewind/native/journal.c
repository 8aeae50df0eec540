/* market/recording_frames.py in C, ticks to a frame: MessagePack as msgspec writes it, and only of what reads back.
 *
 * A tick that is out of the ordinary in any field leaves its whole frame to Python. */
#include "ticks.h"

enum { LARGEST_FRAME = 1 << 20, PREFIX = 12, CHECKED = 6, MOST_TICKS = UINT16_MAX, FIELD_ROOM = 9, SLICES = 16 };

/* ── CRC-32, as zlib has it, sixteen bytes at a time ─────────────────────────────────────────────────────────── */

static uint32_t SUMS[SLICES][256];

void checksum_begin(void)
{
    for (uint32_t at = 0; at < 256; at++) {
        uint32_t sum = at;
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? (sum >> 1) ^ 0xEDB88320u : sum >> 1;
        SUMS[0][at] = sum;
    }
    for (int slice = 1; slice < SLICES; slice++)
        for (int at = 0; at < 256; at++)
            SUMS[slice][at] = (SUMS[slice - 1][at] >> 8) ^ SUMS[0][SUMS[slice - 1][at] & 0xFF];
}

static inline uint32_t little(const unsigned char *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/* What four bytes add to the sum, `behind` bytes before the end of their slice. */
static inline uint32_t sum_of(uint32_t word, int behind)
{
    return SUMS[behind + 3][word & 0xFF] ^ SUMS[behind + 2][word >> 8 & 0xFF] ^ SUMS[behind + 1][word >> 16 & 0xFF]
        ^ SUMS[behind][word >> 24];
}

static uint32_t crc32_of(const unsigned char *data, size_t size)
{
    uint32_t sum = 0xFFFFFFFFu;
    for (; size >= SLICES; data += SLICES, size -= SLICES)
        sum = sum_of(little(data) ^ sum, 12) ^ sum_of(little(data + 4), 8) ^ sum_of(little(data + 8), 4)
            ^ sum_of(little(data + 12), 0);
    for (; size > 0; data++, size--)
        sum = (sum >> 8) ^ SUMS[0][(sum ^ *data) & 0xFF];
    return sum ^ 0xFFFFFFFFu;
}

PyObject *checksum(PyObject *Py_UNUSED(module), PyObject *data)
{
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    uint32_t sum = crc32_of(view.buf, (size_t)view.len);
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLong(sum);
}

/* ── MessagePack ─────────────────────────────────────────────────────────────────────────────────────────────── */

/* The frame so far; `at` is where the next byte goes. */
typedef struct {
    unsigned char *data, *at, *end;
} Out;

static int out_grow(Out *out, size_t more)
{
    size_t size = (size_t)(out->at - out->data), room = (size_t)(out->end - out->data);
    while (room < size + more)
        room = room ? room * 2 : 1 << 14;
    unsigned char *data = PyMem_Realloc(out->data, room);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *out = (Out){data, data + size, data + room};
    return 0;
}

static inline int out_reserve(Out *out, size_t more)
{
    return (size_t)(out->end - out->at) >= more ? 0 : out_grow(out, more);
}

static inline unsigned char *put_byte(unsigned char *at, uint64_t value)
{
    *at = (unsigned char)value;
    return at + 1;
}

/* A tag, and a number of so many bytes, the highest first. */
static inline unsigned char *put_tagged(unsigned char *at, int tag, uint64_t value, int bytes)
{
    at = put_byte(at, (uint64_t)tag);
    if (bytes == 8) {
        value = big_endian(value);
        memcpy(at, &value, sizeof value);
        return at + 8;
    }
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        at = put_byte(at, value >> shift);
    return at;
}

static inline unsigned char *put_double(unsigned char *at, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return put_tagged(at, 0xCB, bits, 8);
}

static unsigned char *put_negative(unsigned char *at, int64_t number)
{
    if (number >= -32)
        return put_byte(at, (uint64_t)number);
    if (number >= INT8_MIN)
        return put_tagged(at, 0xD0, (uint64_t)number, 1);
    if (number >= INT16_MIN)
        return put_tagged(at, 0xD1, (uint64_t)number, 2);
    return put_tagged(at, number >= INT32_MIN ? 0xD2 : 0xD3, (uint64_t)number, number >= INT32_MIN ? 4 : 8);
}

static inline unsigned char *put_int(unsigned char *at, int64_t number)
{
    if (number < 0)
        return put_negative(at, number);
    if (number < 128)
        return put_byte(at, (uint64_t)number);
    if (number > UINT32_MAX)
        return put_tagged(at, 0xCF, (uint64_t)number, 8);
    int bytes = number <= UINT8_MAX ? 1 : number <= UINT16_MAX ? 2 : 4;
    return put_tagged(at, bytes == 1 ? 0xCC : bytes == 2 ? 0xCD : 0xCE, (uint64_t)number, bytes);
}

static inline unsigned char *put_array(unsigned char *at, Py_ssize_t count)
{
    if (count < 16)
        return put_byte(at, 0x90 | (uint64_t)count);
    return count <= UINT16_MAX ? put_tagged(at, 0xDC, (uint64_t)count, 2) : put_tagged(at, 0xDD, (uint64_t)count, 4);
}

/* Put a value where its field may hold it; NULL, without an exception, where it may not. */
static inline unsigned char *put_value(unsigned char *at, PyObject *value, int kind)
{
    int64_t whole;
    if (kind == OF_NUMBER_OR_NONE && PyFloat_CheckExact(value))
        return put_double(at, PyFloat_AS_DOUBLE(value));
    if (value == Py_None && kind != OF_WHOLE)
        return put_byte(at, 0xC0);
    return is_int64(value, &whole) ? put_int(at, whole) : NULL;
}

/* Each of these: 1 done, 0 out of the ordinary, -1 with an exception. */
static int put_text(Out *out, PyObject *value)
{
    if (!PyUnicode_CheckExact(value))
        return 0;
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return -1;
        PyErr_Clear();
        return 0;
    }
    if (size > LONGEST_ID)
        return 0;
    if (out_reserve(out, (size_t)size + 2 + RAW_FIELDS * FIELD_ROOM) < 0)
        return -1;
    out->at = size < 32 ? put_byte(out->at, 0xA0 | (uint64_t)size) : put_tagged(out->at, 0xD9, (uint64_t)size, 1);
    memcpy(out->at, text, (size_t)size);
    out->at += size;
    return 1;
}

static int put_depth(Out *out, PyObject *depth)
{
    if (depth == Py_None) {
        out->at = put_byte(out->at, 0xC0);
        return 1;
    }
    if (!PyTuple_Check(depth) || PyTuple_GET_SIZE(depth) > MOST_LEVELS)
        return 0;
    Py_ssize_t count = PyTuple_GET_SIZE(depth);
    if (out_reserve(out, (size_t)(count + 1) * (LEVEL_FIELDS + 1) * FIELD_ROOM) < 0)
        return -1;
    unsigned char *at = put_array(out->at, count);
    for (Py_ssize_t which = 0; which < count; which++) {
        PyObject *level = PyTuple_GET_ITEM(depth, which);
        if (!PyTuple_Check(level) || PyTuple_GET_SIZE(level) != LEVEL_FIELDS)
            return 0;
        at = put_array(at, LEVEL_FIELDS);
        for (int field = 0; field < LEVEL_FIELDS; field++)
            if ((at = put_value(at, PyTuple_GET_ITEM(level, field), LEVEL_KINDS[field])) == NULL)
                return 0;
    }
    out->at = at;
    return 1;
}

static int put_tick(Out *out, PyObject *tick)
{
    if (!PyTuple_Check(tick) || PyTuple_GET_SIZE(tick) != RAW_FIELDS)
        return 0;
    if (out_reserve(out, FIELD_ROOM) < 0)
        return -1;
    out->at = put_array(out->at, RAW_FIELDS);
    int is_put = put_text(out, PyTuple_GET_ITEM(tick, 0));
    if (is_put <= 0)
        return is_put;
    unsigned char *at = out->at;
    for (int field = 1; field < RAW_DEPTH; field++)
        if ((at = put_value(at, PyTuple_GET_ITEM(tick, field), RAW_KINDS[field])) == NULL)
            return 0;
    out->at = at;
    return put_depth(out, PyTuple_GET_ITEM(tick, RAW_DEPTH));
}

static unsigned char *put_little(unsigned char *at, uint32_t value, int bytes)
{
    for (int byte = 0; byte < bytes; byte++)
        *at++ = (unsigned char)(value >> (8 * byte));
    return at;
}

static void put_prefix(unsigned char *at, size_t length, Py_ssize_t ticks)
{
    put_little(put_little(at, (uint32_t)length, 4), (uint32_t)ticks, 2);
    put_little(put_little(at + CHECKED, crc32_of(at, CHECKED), 2), crc32_of(at + PREFIX, length), 4);
}

PyObject *tick_frame(PyObject *Py_UNUSED(module), PyObject *ticks)
{
    if (!PyList_CheckExact(ticks)) {
        PyErr_SetString(PyExc_TypeError, "ticks come as a list");
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(ticks);
    if (count > MOST_TICKS)
        return Py_NewRef(Py_None);
    Out out = {0};
    int is_put = out_reserve(&out, PREFIX + FIELD_ROOM) < 0 ? -1 : 1;
    if (is_put > 0)
        out.at = put_array(out.at + PREFIX, count);
    for (Py_ssize_t at = 0; is_put > 0 && at < count; at++)
        is_put = put_tick(&out, PyList_GET_ITEM(ticks, at));
    size_t size = (size_t)(out.at - out.data);
    PyObject *frame = NULL;
    if (is_put > 0 && size - PREFIX <= LARGEST_FRAME) {
        put_prefix(out.data, size - PREFIX, count);
        frame = PyBytes_FromStringAndSize((char *)out.data, (Py_ssize_t)size);
    } else if (is_put >= 0) {
        frame = Py_NewRef(Py_None);
    }
    PyMem_Free(out.data);
    return frame;
}
