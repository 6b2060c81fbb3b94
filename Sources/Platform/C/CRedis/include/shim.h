#include <fcntl.h>
#include <hiredis/hiredis.h>

/// Loads hiredis, once, whoever asks first; call it before any other function of this module.
///
/// Most installations have no Redis; a library less is a library that need not be installed, mapped and bound at each start.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_hiredis(void);

// fcntl(2) is variadic.
static inline int slipway_redis_keep_from_children(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
