/* bus/flat.py in C, bytes that are looked at without making anything of them. */
#include "lines.h"

static const uint8_t SIZES[] = {[NOTHING] = 0, [FLOAT] = 8, [INT64] = 8, [INT8] = 1, [INT32] = 4};

/* Text of other letters is Python's to judge. */
static int pass_text(Span *in)
{
    uint16_t size;
    if (!span_has(in, sizeof size))
        return 0;
    memcpy(&size, in->at, sizeof size);
    in->at += sizeof size;
    if (!span_has(in, size))
        return 0;
    unsigned char letters = 0;
    for (const char *end = in->at + size; in->at != end; in->at++)
        letters |= (unsigned char)*in->at;
    return letters < 0x80;
}

static int pass_tuple(Span *in, const Kind *kind)
{
    uint16_t count;
    int is_fixed = (kind->mask & IS_FIXED) != 0;
    if (!span_has(in, sizeof count))
        return 0;
    memcpy(&count, in->at, sizeof count);
    in->at += sizeof count;
    if (is_fixed && count != kind->count)
        return 0;
    for (int at = 0; at < count; at++)
        if (!flat_pass(in, &kind->items[is_fixed ? at : 0]))
            return 0;
    return 1;
}

int flat_pass(Span *in, const Kind *kind)
{
    if (!span_has(in, 1))
        return 0;
    unsigned tag = (unsigned char)*in->at++;
    if (!kind_allows(kind, tag))
        return 0;
    if (tag == TEXT)
        return pass_text(in);
    if (tag == TUPLE)
        return pass_tuple(in, kind);
    if (tag == STRUCT) {
        int field = kind->is_whole ? 0 : -1;
        while (field >= 0 && field < kind->count)
            field = flat_pass(in, &kind->items[field]) ? field + 1 : -1;
        return field >= 0;
    }
    if (!span_has(in, SIZES[tag]))
        return 0;
    in->at += SIZES[tag];
    return 1;
}

int flat_is_sound(const FlatCodec *codec, const char *bytes, size_t size)
{
    Span in = {bytes, bytes + size};
    return flat_pass(&in, &codec->kind) && in.at == in.end;
}

/* Step over a value that is no tuple and no struct. */
static int step_over(Span *in)
{
    uint16_t size = 0;
    if (!span_has(in, 1))
        return malformed("it ends too early");
    unsigned tag = (unsigned char)*in->at++;
    if (tag > TEXT)
        return malformed("a field is of another kind");
    if (tag != TEXT)
        size = SIZES[tag];
    else if (span_take(in, &size, sizeof size) < 0)
        return -1;
    if (!span_has(in, size))
        return malformed("it ends too early");
    in->at += size;
    return 0;
}

int flat_peek_time(const FlatCodec *codec, const char *bytes, size_t size, int64_t *time)
{
    Span in = {bytes, bytes + size};
    if (codec->time_field < 0)
        return malformed("it has no time");
    if (!span_has(&in, 1) || *in.at++ != STRUCT)
        return malformed("it is no event");
    for (int field = 0; field < codec->time_field; field++)
        if (step_over(&in) < 0)
            return -1;
    return span_take_number(&in, time);
}

int flat_peek_name(const char *bytes, size_t size, const char **id, size_t *length, int64_t *seq)
{
    Span in = {bytes, bytes + size};
    uint16_t text;
    if (!span_has(&in, 2) || in.at[0] != STRUCT || in.at[1] != TEXT)
        return malformed("it names no instrument");
    in.at += 2;
    if (span_take(&in, &text, sizeof text) < 0 || !span_has(&in, text))
        return malformed("a text ends too early");
    *id = in.at;
    *length = text;
    in.at += text;
    return span_take_number(&in, seq);
}
