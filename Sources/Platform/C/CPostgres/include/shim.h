#include <postgresql/libpq-fe.h>

/// Loads libpq, once, whoever asks first; call it before any other function of this module.
///
/// Linked the usual way, libpq brings LDAP, Kerberos and GnuTLS into every process: 3 ms at each start and 4 MB of memory, also where
/// the database is SQLite.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_libpq(void);
