#include <microhttpd.h>
#include <string.h>

struct slipway_mhd_settings {
    void *context;
    unsigned threads;
    unsigned connections;
    unsigned timeout_seconds;
    size_t connection_memory;
    // Both PEM, or both NULL.
    const char *certificate;
    const char *key;
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback access;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
};

// The path stays as it was sent: what a percent sign means is decided where the path is taken apart.
static inline size_t slipway_mhd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

// MHD_start_daemon is variadic. The daemon opens no socket: connections are accepted elsewhere and added to it.
static inline struct MHD_Daemon *slipway_mhd_start(const struct slipway_mhd_settings *settings) {
    struct MHD_OptionItem options[16];
    int count = 0;
#define SLIPWAY_OPTION(name, number, pointer) \
    options[count++] = (struct MHD_OptionItem){name, (intptr_t)(number), (void *)(pointer)}
    // One thread is no pool.
    if (settings->threads > 1) SLIPWAY_OPTION(MHD_OPTION_THREAD_POOL_SIZE, settings->threads, 0);
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
        MHD_ALLOW_UPGRADE | (settings->certificate ? MHD_USE_TLS : 0);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, settings->access, settings->context, MHD_OPTION_ARRAY, options, MHD_OPTION_END
    );
}

// Variadic, and results that lie in unions.
static inline int slipway_mhd_close_upgraded(struct MHD_UpgradeResponseHandle *handle) {
    return MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}
static inline void slipway_mhd_answer_as_1_0(struct MHD_Response *response) {
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}
static inline int slipway_mhd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
static inline size_t slipway_mhd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}
static inline void *slipway_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
