// Questions about 32 bytes at once, answered with a bit per byte, the first byte's lowest. Swift's vectors have no such answer.
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// The bytes of a JSON string that are more than themselves: quotation marks, backslashes, control characters, and all beyond ASCII.
static inline uint32_t slipway_special_in_string(const uint8_t *bytes) {
#if defined(__SSE2__)
    uint32_t mask = 0;
    for (int half = 0; half < 2; half++) {
        __m128i part = _mm_loadu_si128((const __m128i *)(bytes + 16 * half));
        // Compared with a sign: what is beyond ASCII is negative.
        __m128i found = _mm_or_si128(_mm_cmplt_epi8(part, _mm_set1_epi8(0x20)),
                                     _mm_or_si128(_mm_cmpeq_epi8(part, _mm_set1_epi8('"')), _mm_cmpeq_epi8(part, _mm_set1_epi8('\\'))));
        mask |= (uint32_t)_mm_movemask_epi8(found) << (16 * half);
    }
    return mask;
#else
    uint32_t mask = 0;
    for (int index = 0; index < 32; index++) {
        uint8_t byte = bytes[index];
        mask |= (uint32_t)((byte < 0x20) | (byte >= 0x80) | (byte == '"') | (byte == '\\')) << index;
    }
    return mask;
#endif
}

// The bytes that are no white space of JSON's.
static inline uint32_t slipway_not_space(const uint8_t *bytes) {
#if defined(__SSE2__)
    uint32_t mask = 0;
    for (int half = 0; half < 2; half++) {
        __m128i part = _mm_loadu_si128((const __m128i *)(bytes + 16 * half));
        __m128i space = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(part, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(part, _mm_set1_epi8('\n'))),
                                     _mm_or_si128(_mm_cmpeq_epi8(part, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(part, _mm_set1_epi8('\t'))));
        mask |= (uint32_t)_mm_movemask_epi8(space) << (16 * half);
    }
    return ~mask;
#else
    uint32_t mask = 0;
    for (int index = 0; index < 32; index++) {
        uint8_t byte = bytes[index];
        mask |= (uint32_t)((byte != ' ') & (byte != '\n') & (byte != '\r') & (byte != '\t')) << index;
    }
    return mask;
#endif
}
