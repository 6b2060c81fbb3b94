#include <zlib.h>

// A macro: it passes the library's version and the structure's size. 16 + the window: a gzip header, nothing else.
static inline int slipway_inflate_gzip_init(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }
static inline int slipway_deflate_gzip_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
