#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// Hidden: libssh's own calls of these functions must not come back to here. Its header would declare them visible.
#define visibility(scope) visibility("hidden")
#include "shim.h"
#undef visibility

// Each function of libssh that the program calls: result, name, parameters as libssh.h has them, arguments. The compiler compares them
// with the header; `run` is `return`, or nothing where there is no result.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(int, ssh_channel_close, (ssh_channel channel), (channel), return)                                                    \
    FUNCTION(void, ssh_channel_free, (ssh_channel channel), (channel), )                                                          \
    FUNCTION(int, ssh_channel_is_closed, (ssh_channel channel), (channel), return)                                                \
    FUNCTION(ssh_channel, ssh_channel_new, (ssh_session session), (session), return)                                              \
    FUNCTION(int, ssh_channel_open_session, (ssh_channel channel), (channel), return)                                             \
    FUNCTION(int, ssh_channel_request_exec, (ssh_channel channel, const char *command), (channel, command), return)               \
    FUNCTION(int, ssh_channel_request_send_signal, (ssh_channel channel, const char *name), (channel, name), return)              \
    FUNCTION(int, ssh_channel_request_subsystem, (ssh_channel channel, const char *name), (channel, name), return)                \
    FUNCTION(int, ssh_channel_send_eof, (ssh_channel channel), (channel), return)                                                 \
    FUNCTION(uint32_t, ssh_channel_window_size, (ssh_channel channel), (channel), return)                                         \
    FUNCTION(int, ssh_channel_write, (ssh_channel channel, const void *data, uint32_t count), (channel, data, count), return)     \
    FUNCTION(int, ssh_connect, (ssh_session session), (session), return)                                                          \
    FUNCTION(int, ssh_event_add_session, (ssh_event event, ssh_session session), (event, session), return)                        \
    FUNCTION(int, ssh_event_dopoll, (ssh_event event, int milliseconds), (event, milliseconds), return)                           \
    FUNCTION(void, ssh_event_free, (ssh_event event), (event), )                                                                  \
    FUNCTION(ssh_event, ssh_event_new, (void), (), return)                                                                        \
    FUNCTION(int, ssh_event_remove_session, (ssh_event event, ssh_session session), (event, session), return)                     \
    FUNCTION(void, ssh_free, (ssh_session session), (session), )                                                                  \
    FUNCTION(const char *, ssh_get_error, (void *from), (from), return)                                                           \
    FUNCTION(socket_t, ssh_get_fd, (ssh_session session), (session), return)                                                      \
    FUNCTION(int, ssh_get_poll_flags, (ssh_session session), (session), return)                                                   \
    FUNCTION(const char *, ssh_get_serverbanner, (ssh_session session), (session), return)                                        \
    FUNCTION(int, ssh_get_server_publickey, (ssh_session session, ssh_key *key), (session, key), return)                          \
    FUNCTION(int, ssh_init, (void), (), return)                                                                                   \
    FUNCTION(int, ssh_is_connected, (ssh_session session), (session), return)                                                     \
    FUNCTION(void, ssh_key_free, (ssh_key key), (key), )                                                                          \
    FUNCTION(enum ssh_keytypes_e, ssh_key_type, (const ssh_key key), (key), return)                                               \
    FUNCTION(const char *, ssh_key_type_to_char, (enum ssh_keytypes_e type), (type), return)                                      \
    FUNCTION(ssh_session, ssh_new, (void), (), return)                                                                            \
    FUNCTION(int, ssh_options_set, (ssh_session session, enum ssh_options_e option, const void *value), (session, option, value), \
             return)                                                                                                              \
    FUNCTION(int, ssh_pki_export_pubkey_base64, (const ssh_key key, char **text), (key, text), return)                            \
    FUNCTION(int, ssh_pki_import_privkey_base64,                                                                                  \
             (const char *text, const char *passphrase, ssh_auth_callback ask, void *context, ssh_key *key),                      \
             (text, passphrase, ask, context, key), return)                                                                       \
    FUNCTION(int, ssh_remove_channel_callbacks, (ssh_channel channel, ssh_channel_callbacks callbacks), (channel, callbacks),     \
             return)                                                                                                              \
    FUNCTION(int, ssh_send_keepalive, (ssh_session session), (session), return)                                                   \
    FUNCTION(void, ssh_set_blocking, (ssh_session session, int blocking), (session, blocking), )                                  \
    FUNCTION(int, ssh_set_channel_callbacks, (ssh_channel channel, ssh_channel_callbacks callbacks), (channel, callbacks),        \
             return)                                                                                                              \
    FUNCTION(void, ssh_set_counters, (ssh_session session, ssh_counter socket, ssh_counter raw), (session, socket, raw), )        \
    FUNCTION(void, ssh_string_free_char, (char *text), (text), )                                                                  \
    FUNCTION(int, ssh_userauth_list, (ssh_session session, const char *user), (session, user), return)                            \
    FUNCTION(int, ssh_userauth_publickey, (ssh_session session, const char *user, const ssh_key key), (session, user, key), return)

#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)

static const char *fault;

static void load(void) {
    void *library = dlopen("libssh.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "the library libssh.so.4 is missing: install the package libssh-4";
        return;
    }
#define FIND(result, name, parameters, arguments, run)                                                                            \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "the library libssh.so.4 is too old: install version 0.10 or newer";
    FUNCTIONS(FIND)
    if (fault == NULL && ssh_init() != SSH_OK) fault = "the library libssh.so.4 can't start";
}

const char *slipway_load_libssh(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}
