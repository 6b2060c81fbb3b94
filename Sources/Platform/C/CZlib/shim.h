#include <zlib.h>

// A macro: it passes the library's version and the structure's size. 16 + the window: a gzip header, nothing else.
static inline int slipway_inflate_gzip_init(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }
