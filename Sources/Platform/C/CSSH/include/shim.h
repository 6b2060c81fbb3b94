#include <stdbool.h>
#include <libssh/libssh.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>

/// Loads libssh, once, whoever asks first; call it before any other function of this module.
///
/// Linked the usual way, libssh brings Kerberos and 8 more libraries into every process, also where no server is.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_libssh(void);

// A C string literal in a macro of the header, and an enumeration whose constants Swift would wrap.
static inline int slipway_ssh_set_text(ssh_session session, int option, const char *value) {
    return ssh_options_set(session, (enum ssh_options_e)option, value);
}
static inline int slipway_ssh_set_number(ssh_session session, int option, int value) {
    return ssh_options_set(session, (enum ssh_options_e)option, &value);
}
// Without this ~/.ssh/config and /etc/ssh/ssh_config would have a say.
static inline int slipway_ssh_ignore_configuration(ssh_session session) {
    bool process = false;
    return ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &process);
}
