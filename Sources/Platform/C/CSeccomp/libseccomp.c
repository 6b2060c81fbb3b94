#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "shim.h"

// Each function of libseccomp that the program calls: result, name, parameters as seccomp.h has them, arguments. The compiler compares
// them with the header.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(int, seccomp_attr_set, (scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value),                    \
             (filter, attribute, value), return)                                                                                  \
    FUNCTION(int, seccomp_export_bpf, (const scmp_filter_ctx filter, int descriptor), (filter, descriptor), return)               \
    FUNCTION(scmp_filter_ctx, seccomp_init, (uint32_t action), (action), return)                                                  \
    FUNCTION(void, seccomp_release, (scmp_filter_ctx filter), (filter), )                                                         \
    FUNCTION(int, seccomp_rule_add_array,                                                                                         \
             (scmp_filter_ctx filter, uint32_t action, int call, unsigned int count, const struct scmp_arg_cmp *comparisons),     \
             (filter, action, call, count, comparisons), return)                                                                  \
    FUNCTION(int, seccomp_syscall_resolve_name, (const char *name), (name), return)

// Hidden: the library's own calls of these functions must not come back to here.
#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    __attribute__((visibility("hidden"))) result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)

#define LIBRARY "libseccomp.so.2"

static const char *fault;

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "the library " LIBRARY " is missing: install the package libseccomp2";
        return;
    }
#define FIND(result, name, parameters, arguments, run)                                                                            \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "the library " LIBRARY " is damaged: install it anew";
    FUNCTIONS(FIND)
}

const char *slipway_load_seccomp(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}
