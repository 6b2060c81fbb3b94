#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

// Each function of libmicrohttpd that Swift calls: result, name, parameters as microhttpd.h has them, arguments. The compiler compares them
// with the header; `run` is `return`, or nothing where there is no result.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(enum MHD_Result, MHD_add_connection,                                                                                 \
             (struct MHD_Daemon *daemon, int client, const struct sockaddr *address, socklen_t length),                           \
             (daemon, client, address, length), return)                                                                           \
    FUNCTION(enum MHD_Result, MHD_add_response_header, (struct MHD_Response *response, const char *name, const char *value),      \
             (response, name, value), return)                                                                                     \
    FUNCTION(struct MHD_Response *, MHD_create_response_for_upgrade, (MHD_UpgradeHandler handler, void *context),                 \
             (handler, context), return)                                                                                          \
    FUNCTION(struct MHD_Response *, MHD_create_response_from_buffer, (size_t size, void *buffer, enum MHD_ResponseMemoryMode mode), \
             (size, buffer, mode), return)                                                                                        \
    FUNCTION(struct MHD_Response *, MHD_create_response_from_callback,                                                            \
             (uint64_t size, size_t block, MHD_ContentReaderCallback read, void *context, MHD_ContentReaderFreeCallback release), \
             (size, block, read, context, release), return)                                                                       \
    FUNCTION(struct MHD_Response *, MHD_create_response_from_fd64, (uint64_t size, int descriptor), (size, descriptor), return)   \
    FUNCTION(void, MHD_destroy_response, (struct MHD_Response *response), (response), )                                           \
    FUNCTION(int, MHD_get_connection_values_n,                                                                                    \
             (struct MHD_Connection *connection, enum MHD_ValueKind kind, MHD_KeyValueIteratorN each, void *context),             \
             (connection, kind, each, context), return)                                                                           \
    FUNCTION(enum MHD_Result, MHD_queue_response,                                                                                 \
             (struct MHD_Connection *connection, unsigned int status, struct MHD_Response *response),                             \
             (connection, status, response), return)                                                                              \
    FUNCTION(void, MHD_resume_connection, (struct MHD_Connection *connection), (connection), )                                    \
    FUNCTION(void, MHD_stop_daemon, (struct MHD_Daemon *daemon), (daemon), )                                                      \
    FUNCTION(void, MHD_suspend_connection, (struct MHD_Connection *connection), (connection), )

// Variadic: called below only.
#define VARIADIC(FUNCTION)                                                                                                        \
    FUNCTION(MHD_get_connection_info)                                                                                             \
    FUNCTION(MHD_set_response_options)                                                                                            \
    FUNCTION(MHD_start_daemon)                                                                                                    \
    FUNCTION(MHD_upgrade_action)

// Hidden: the library's own calls of these functions must not come back to here.
#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    __attribute__((visibility("hidden"))) result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)
#define DECLARE(name) static __typeof__(&name) real_##name;
VARIADIC(DECLARE)

// Compatible since 0.9.56 of 2017; 1.0 has this name, too.
#define LIBRARY "libmicrohttpd.so.12"

static const char *fault;

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "the library " LIBRARY " is missing: install the package libmicrohttpd12";
        return;
    }
#define FIND_VARIADIC(name)                                                                                                       \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "the library " LIBRARY " is damaged or too old: install libmicrohttpd 0.9.75 or newer";
#define FIND(result, name, parameters, arguments, run) FIND_VARIADIC(name)
    FUNCTIONS(FIND)
    VARIADIC(FIND_VARIADIC)
}

const char *slipway_load_microhttpd(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}

// The path stays as it was sent: what a percent sign means is decided where the path is taken apart.
static size_t slipway_mhd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

// The same for all daemons: what the library gives a logger has room for one pointer.
static void (*failing)(void *context, unsigned status);

// 0.9.75 calls it for each answer that it gives by itself, before that is written.
static void slipway_mhd_log(void *context, const char *format, va_list arguments) {
    if (strncmp(format, "Error processing request", 24) == 0) failing(context, va_arg(arguments, unsigned));
}

static enum MHD_Result slipway_mhd_see_length(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                              const char *value, size_t value_size) {
    (void)kind;
    if (name_size != 14 || strncasecmp(name, "Content-Length", 14) != 0) return MHD_YES;
    int is_bad = value == NULL || value_size == 0 || value_size > 19;
    for (size_t index = 0; !is_bad && index < value_size; index++) is_bad = value[index] < '0' || value[index] > '9';
    if (is_bad) *(int *)context = 1;
    return MHD_YES;
}

int slipway_mhd_has_bad_length(struct MHD_Connection *connection) {
    int is_bad = 0;
    real_MHD_get_connection_values_n(connection, MHD_HEADER_KIND, slipway_mhd_see_length, &is_bad);
    return is_bad;
}

struct MHD_Daemon *slipway_mhd_start(const struct slipway_mhd_settings *settings) {
    struct MHD_OptionItem options[16];
    int count = 0;
#define SLIPWAY_OPTION(name, number, pointer) \
    options[count++] = (struct MHD_OptionItem){name, (intptr_t)(number), (void *)(pointer)}
    // One thread is no pool.
    if (settings->threads > 1) SLIPWAY_OPTION(MHD_OPTION_THREAD_POOL_SIZE, settings->threads, 0);
    failing = settings->failing;
    SLIPWAY_OPTION(MHD_OPTION_EXTERNAL_LOGGER, slipway_mhd_log, settings->context);
    SLIPWAY_OPTION(MHD_OPTION_CONNECTION_LIMIT, settings->connections, 0);
    SLIPWAY_OPTION(MHD_OPTION_CONNECTION_TIMEOUT, settings->timeout_seconds, 0);
    SLIPWAY_OPTION(MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory, 0);
    SLIPWAY_OPTION(MHD_OPTION_UNESCAPE_CALLBACK, slipway_mhd_keep_escapes, 0);
    SLIPWAY_OPTION(MHD_OPTION_URI_LOG_CALLBACK, settings->target, settings->context);
    SLIPWAY_OPTION(MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->context);
    SLIPWAY_OPTION(MHD_OPTION_NOTIFY_CONNECTION, settings->connection, settings->context);
    if (settings->certificate) {
        SLIPWAY_OPTION(MHD_OPTION_HTTPS_MEM_CERT, 0, settings->certificate);
        SLIPWAY_OPTION(MHD_OPTION_HTTPS_MEM_KEY, 0, settings->key);
        SLIPWAY_OPTION(MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
    }
    SLIPWAY_OPTION(MHD_OPTION_END, 0, 0);
#undef SLIPWAY_OPTION
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
        MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG | (settings->certificate ? MHD_USE_TLS : 0);
    return real_MHD_start_daemon(
        flags, 0, NULL, NULL, settings->access, settings->context, MHD_OPTION_ARRAY, options, MHD_OPTION_END
    );
}

int slipway_mhd_close_upgraded(struct MHD_UpgradeResponseHandle *handle) {
    return real_MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}
void slipway_mhd_answer_as_1_0(struct MHD_Response *response) {
    real_MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}
int slipway_mhd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = real_MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
size_t slipway_mhd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = real_MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}
void *slipway_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = real_MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
