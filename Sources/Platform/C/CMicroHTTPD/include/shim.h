#include <microhttpd.h>

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
    // Called, on a connection's thread, when the library is about to answer one by itself with this status; it doesn't say which.
    void (*failing)(void *context, unsigned status);
};

/// Loads libmicrohttpd, once, whoever asks first; call it before any other function of this module.
///
/// It brings GnuTLS and seven more libraries: a command that is no server need not map and bind them at each start.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_microhttpd(void);

/// MHD_start_daemon is variadic. The daemon opens no socket: connections are accepted elsewhere and added to it.
struct MHD_Daemon *slipway_mhd_start(const struct slipway_mhd_settings *settings);

// Variadic, and results that lie in unions.
int slipway_mhd_close_upgraded(struct MHD_UpgradeResponseHandle *handle);
void slipway_mhd_answer_as_1_0(struct MHD_Response *response);
int slipway_mhd_descriptor(struct MHD_Connection *connection);
size_t slipway_mhd_header_size(struct MHD_Connection *connection);
// Whether a Content-Length is among the lines read so far that the library takes for no number.
int slipway_mhd_has_bad_length(struct MHD_Connection *connection);
void *slipway_mhd_socket_context(struct MHD_Connection *connection);
