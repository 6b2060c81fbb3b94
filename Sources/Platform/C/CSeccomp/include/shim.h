#include <seccomp.h>

/// Loads libseccomp, once, whoever asks first; call it before any other function of this module.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_seccomp(void);

// Casts in macros, which Swift can't read.
static inline uint32_t slipway_seccomp_allow(void) { return SCMP_ACT_ALLOW; }
static inline uint32_t slipway_seccomp_refuse(int number) { return SCMP_ACT_ERRNO((unsigned)number); }
// The header declares this one only with another name for its type.
static inline struct scmp_arg_cmp slipway_seccomp_argument(unsigned index, int operation, uint64_t mask_or_value, uint64_t value) {
    struct scmp_arg_cmp comparison = {index, (enum scmp_compare)operation, mask_or_value, value};
    return comparison;
}
