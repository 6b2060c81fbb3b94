#include <wslay/wslay.h>

/// Loads wslay, once, whoever asks first; call it before any other function of this module.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_wslay(void);
