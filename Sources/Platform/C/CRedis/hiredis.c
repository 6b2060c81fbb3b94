#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// Each function of hiredis that the program calls: result, name, parameters as hiredis.h has them, arguments. The compiler compares
// them with the header; `run` is `return`, or nothing where there is no result.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(void, freeReplyObject, (void *reply), (reply), )                                                                     \
    FUNCTION(int, redisAppendCommandArgv, (redisContext *context, int count, const char **words, const size_t *lengths),          \
             (context, count, words, lengths), return)                                                                            \
    FUNCTION(int, redisBufferRead, (redisContext *context), (context), return)                                                    \
    FUNCTION(int, redisBufferWrite, (redisContext *context, int *done), (context, done), return)                                  \
    FUNCTION(redisContext *, redisConnectUnixWithTimeout, (const char *path, const struct timeval timeout), (path, timeout),      \
             return)                                                                                                              \
    FUNCTION(redisContext *, redisConnectWithTimeout, (const char *host, int port, const struct timeval timeout),                 \
             (host, port, timeout), return)                                                                                       \
    FUNCTION(int, redisEnableKeepAlive, (redisContext *context), (context), return)                                               \
    FUNCTION(void, redisFree, (redisContext *context), (context), )                                                               \
    FUNCTION(int, redisGetReply, (redisContext *context, void **reply), (context, reply), return)                                 \
    FUNCTION(int, redisGetReplyFromReader, (redisContext *context, void **reply), (context, reply), return)                       \
    FUNCTION(int, redisSetTimeout, (redisContext *context, const struct timeval timeout), (context, timeout), return)

// Hidden: hiredis' own calls of these functions must not come back to here.
#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    __attribute__((visibility("hidden"))) result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)

// The structures in the header are those of one version: its own name is asked for.
#define TEXT(name) #name
#define TEXT_OF(macro) TEXT(macro)
#define LIBRARY "libhiredis.so." TEXT_OF(HIREDIS_SONAME)

static const char *fault;

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "Redis' client library " LIBRARY " is missing: install the package libhiredis" TEXT_OF(HIREDIS_SONAME);
        return;
    }
#define FIND(result, name, parameters, arguments, run)                                                                            \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "Redis' client library " LIBRARY " is damaged: install it anew";
    FUNCTIONS(FIND)
}

const char *slipway_load_hiredis(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}
