#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// Each function of wslay that the program calls: result, name, parameters as wslay.h has them, arguments. The compiler compares them with
// the header; `run` is `return`, or nothing where there is no result.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(void, wslay_event_config_set_max_recv_msg_length, (wslay_event_context_ptr context, uint64_t length),                \
             (context, length), )                                                                                                 \
    FUNCTION(void, wslay_event_context_free, (wslay_event_context_ptr context), (context), )                                      \
    FUNCTION(int, wslay_event_context_server_init,                                                                                \
             (wslay_event_context_ptr * context, const struct wslay_event_callbacks *callbacks, void *user),                      \
             (context, callbacks, user), return)                                                                                  \
    FUNCTION(int, wslay_event_get_read_enabled, (wslay_event_context_ptr context), (context), return)                             \
    FUNCTION(uint16_t, wslay_event_get_status_code_sent, (wslay_event_context_ptr context), (context), return)                    \
    FUNCTION(int, wslay_event_recv, (wslay_event_context_ptr context), (context), return)                                         \
    FUNCTION(int, wslay_event_send, (wslay_event_context_ptr context), (context), return)                                         \
    FUNCTION(void, wslay_event_set_error, (wslay_event_context_ptr context, int error), (context, error), )                       \
    FUNCTION(void, wslay_event_shutdown_read, (wslay_event_context_ptr context), (context), )

// Hidden: the library's own calls of these functions must not come back to here.
#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    __attribute__((visibility("hidden"))) result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)

#define LIBRARY "libwslay.so.1"

static const char *fault;

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "the library " LIBRARY " is missing: install the package libwslay1";
        return;
    }
#define FIND(result, name, parameters, arguments, run)                                                                            \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "the library " LIBRARY " is damaged: install it anew";
    FUNCTIONS(FIND)
}

const char *slipway_load_wslay(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}
