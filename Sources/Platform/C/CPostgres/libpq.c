#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// Each function of libpq that the program calls: result, name, parameters as libpq-fe.h has them, arguments. The compiler compares
// them with the header; `run` is `return`, or nothing where there is no result.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(void, PQclear, (PGresult *res), (res), )                                                                             \
    FUNCTION(char *, PQcmdStatus, (PGresult *res), (res), return)                                                                 \
    FUNCTION(char *, PQcmdTuples, (PGresult *res), (res), return)                                                                 \
    FUNCTION(PostgresPollingStatusType, PQconnectPoll, (PGconn *conn), (conn), return)                                            \
    FUNCTION(PGconn *, PQconnectStartParams, (const char *const *keywords, const char *const *values, int expand),                \
             (keywords, values, expand), return)                                                                                  \
    FUNCTION(void, PQconninfoFree, (PQconninfoOption *options), (options), )                                                      \
    FUNCTION(PQconninfoOption *, PQconninfoParse, (const char *conninfo, char **error), (conninfo, error), return)                \
    FUNCTION(int, PQconsumeInput, (PGconn *conn), (conn), return)                                                                 \
    FUNCTION(PGresult *, PQdescribePrepared, (PGconn *conn, const char *name), (conn, name), return)                              \
    FUNCTION(int, PQenterPipelineMode, (PGconn *conn), (conn), return)                                                            \
    FUNCTION(char *, PQerrorMessage, (const PGconn *conn), (conn), return)                                                        \
    FUNCTION(PGresult *, PQexec, (PGconn *conn, const char *query), (conn, query), return)                                        \
    FUNCTION(PGresult *, PQexecPrepared,                                                                                          \
             (PGconn *conn, const char *name, int count, const char *const *values, const int *lengths, const int *formats,       \
              int resultFormat),                                                                                                  \
             (conn, name, count, values, lengths, formats, resultFormat), return)                                                 \
    FUNCTION(int, PQexitPipelineMode, (PGconn *conn), (conn), return)                                                             \
    FUNCTION(int, PQfformat, (const PGresult *res, int field), (res, field), return)                                              \
    FUNCTION(void, PQfinish, (PGconn *conn), (conn), )                                                                            \
    FUNCTION(char *, PQfname, (const PGresult *res, int field), (res, field), return)                                             \
    FUNCTION(void, PQfreemem, (void *pointer), (pointer), )                                                                       \
    FUNCTION(Oid, PQftype, (const PGresult *res, int field), (res, field), return)                                                \
    FUNCTION(int, PQgetisnull, (const PGresult *res, int row, int field), (res, row, field), return)                              \
    FUNCTION(int, PQgetlength, (const PGresult *res, int row, int field), (res, row, field), return)                              \
    FUNCTION(PGresult *, PQgetResult, (PGconn *conn), (conn), return)                                                             \
    FUNCTION(char *, PQgetvalue, (const PGresult *res, int row, int field), (res, row, field), return)                            \
    FUNCTION(int, PQnfields, (const PGresult *res), (res), return)                                                                \
    FUNCTION(PGnotify *, PQnotifies, (PGconn *conn), (conn), return)                                                              \
    FUNCTION(int, PQntuples, (const PGresult *res), (res), return)                                                                \
    FUNCTION(const char *, PQparameterStatus, (const PGconn *conn, const char *name), (conn, name), return)                       \
    FUNCTION(int, PQpipelineSync, (PGconn *conn), (conn), return)                                                                 \
    FUNCTION(PGresult *, PQprepare, (PGconn *conn, const char *name, const char *query, int count, const Oid *types),             \
             (conn, name, query, count, types), return)                                                                           \
    FUNCTION(char *, PQresultErrorField, (const PGresult *res, int code), (res, code), return)                                    \
    FUNCTION(ExecStatusType, PQresultStatus, (const PGresult *res), (res), return)                                                \
    FUNCTION(int, PQsendQueryParams,                                                                                              \
             (PGconn *conn, const char *command, int count, const Oid *types, const char *const *values, const int *lengths,      \
              const int *formats, int resultFormat),                                                                              \
             (conn, command, count, types, values, lengths, formats, resultFormat), return)                                       \
    FUNCTION(int, PQsendQueryPrepared,                                                                                            \
             (PGconn *conn, const char *name, int count, const char *const *values, const int *lengths, const int *formats,       \
              int resultFormat),                                                                                                  \
             (conn, name, count, values, lengths, formats, resultFormat), return)                                                 \
    FUNCTION(PGVerbosity, PQsetErrorVerbosity, (PGconn *conn, PGVerbosity verbosity), (conn, verbosity), return)                  \
    FUNCTION(PQnoticeProcessor, PQsetNoticeProcessor, (PGconn *conn, PQnoticeProcessor processor, void *context),                 \
             (conn, processor, context), return)                                                                                  \
    FUNCTION(int, PQsocket, (const PGconn *conn), (conn), return)                                                                 \
    FUNCTION(ConnStatusType, PQstatus, (const PGconn *conn), (conn), return)                                                      \
    FUNCTION(PGTransactionStatusType, PQtransactionStatus, (const PGconn *conn), (conn), return)

// Hidden: libpq's own calls of these functions must not come back to here.
#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    __attribute__((visibility("hidden"))) result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)

static const char *fault;

static void load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "PostgreSQL's client library libpq.so.5 is missing: install the package libpq5";
        return;
    }
#define FIND(result, name, parameters, arguments, run)                                                                            \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "PostgreSQL's client library libpq.so.5 is too old: install version 14 or newer";
    FUNCTIONS(FIND)
}

const char *slipway_load_libpq(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}
