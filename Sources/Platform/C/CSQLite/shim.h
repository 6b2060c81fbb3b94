#include <sqlite3.h>
#include <stdint.h>
#include <time.h>

/// sqlite3_db_config() is variadic, which Swift cannot call.
static inline int slipway_sqlite3_reject_double_quoted_strings(sqlite3 *db) {
    int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
    return rc != SQLITE_OK ? rc : sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
}

/// Waits 1 ms, after a hundred times 4 ms. SQLite's own handler waits up to 100 ms at a time: with several processes that write, each
/// would mostly miss the moment when the file is free.
static inline int slipway_sqlite3_wait(void *limit_milliseconds, int count) {
    intptr_t waited = count < 100 ? count : 100 + (intptr_t)(count - 100) * 4;
    if (waited >= (intptr_t)limit_milliseconds) return 0;
    struct timespec pause = {0, (count < 100 ? 1 : 4) * 1000000};
    nanosleep(&pause, (struct timespec *)0);
    return 1;
}

/// The limit travels in the handler's pointer, which Swift could only make with an unsafe cast.
static inline int slipway_sqlite3_wait_at_most(sqlite3 *db, int milliseconds) {
    return sqlite3_busy_handler(db, slipway_sqlite3_wait, (void *)(intptr_t)milliseconds);
}
