#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>

// Each function of libcurl that the program calls: result, name, parameters as curl.h has them, arguments. The compiler compares them
// with the header; `run` is `return`, or nothing where there is no result.
#define FUNCTIONS(FUNCTION)                                                                                                       \
    FUNCTION(void, curl_easy_cleanup, (CURL *handle), (handle), )                                                                 \
    FUNCTION(CURL *, curl_easy_init, (void), (), return)                                                                          \
    FUNCTION(const char *, curl_easy_strerror, (CURLcode code), (code), return)                                                   \
    FUNCTION(void, curl_free, (void *pointer), (pointer), )                                                                       \
    FUNCTION(CURLcode, curl_global_init, (long flags), (flags), return)                                                           \
    FUNCTION(CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *handle), (multi, handle), return)                             \
    FUNCTION(CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi), return)                                                      \
    FUNCTION(CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left), return)                                   \
    FUNCTION(CURLM *, curl_multi_init, (void), (), return)                                                                        \
    FUNCTION(CURLMcode, curl_multi_perform, (CURLM *multi, int *running), (multi, running), return)                               \
    FUNCTION(CURLMcode, curl_multi_poll,                                                                                          \
             (CURLM *multi, struct curl_waitfd descriptors[], unsigned int count, int milliseconds, int *ready),                  \
             (multi, descriptors, count, milliseconds, ready), return)                                                            \
    FUNCTION(CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *handle), (multi, handle), return)                          \
    FUNCTION(CURLMcode, curl_multi_wakeup, (CURLM *multi), (multi), return)                                                       \
    FUNCTION(struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *line), (list, line), return)           \
    FUNCTION(void, curl_slist_free_all, (struct curl_slist *list), (list), )                                                      \
    FUNCTION(CURLU *, curl_url, (void), (), return)                                                                               \
    FUNCTION(void, curl_url_cleanup, (CURLU *parts), (parts), )                                                                   \
    FUNCTION(CURLUcode, curl_url_set, (CURLU *parts, CURLUPart part, const char *value, unsigned int flags),                      \
             (parts, part, value, flags), return)

// Called here only: three are variadic, and a parameter of the fourth is const in newer headers.
#define INDIRECT(FUNCTION)                                                                                                        \
    FUNCTION(curl_easy_setopt) FUNCTION(curl_easy_getinfo) FUNCTION(curl_multi_setopt) FUNCTION(curl_url_get)

// Hidden: libcurl's own calls of these functions must not come back to here.
#define DEFINE(result, name, parameters, arguments, run)                                                                          \
    static __typeof__(&name) real_##name;                                                                                         \
    __attribute__((visibility("hidden"))) result name parameters { run real_##name arguments; }
FUNCTIONS(DEFINE)
#define DECLARE(name) static __typeof__(&name) real_##name;
INDIRECT(DECLARE)

static const char *fault;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fault = "the library libcurl.so.4 is missing: install the package libcurl4";
        return;
    }
#define FIND_NAMED(name)                                                                                                          \
    real_##name = (__typeof__(&name))dlsym(library, #name);                                                                       \
    if (real_##name == NULL) fault = "the library libcurl.so.4 is too old: install version 7.86 or newer";
#define FIND(result, name, parameters, arguments, run) FIND_NAMED(name)
    FUNCTIONS(FIND)
    INDIRECT(FIND_NAMED)
}

const char *slipway_load_libcurl(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return fault;
}

CURLcode slipway_curl_set_long(CURL *handle, CURLoption option, long value) { return real_curl_easy_setopt(handle, option, value); }

CURLcode slipway_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return real_curl_easy_setopt(handle, option, value);
}

CURLcode slipway_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) { return real_curl_easy_setopt(handle, option, value); }

CURLcode slipway_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return real_curl_easy_setopt(handle, option, value);
}

void slipway_curl_set_error_buffer(CURL *handle, char *buffer) { real_curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer); }

CURLMcode slipway_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return real_curl_multi_setopt(multi, option, value); }

long slipway_curl_status(CURL *handle) {
    long status = 0;
    real_curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

long slipway_curl_new_connections(CURL *handle) {
    long count = 0;
    real_curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &count);
    return count;
}

CURLUcode slipway_curl_url_get(CURLU *parts, CURLUPart part, char **value) { return real_curl_url_get(parts, part, value, 0); }

void slipway_curl_set_callbacks(
    CURL *handle, void *context, slipway_curl_data header, slipway_curl_data body, slipway_curl_data upload, slipway_curl_seek seek
) {
    real_curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
    real_curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    real_curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
    real_curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    real_curl_easy_setopt(handle, CURLOPT_READFUNCTION, upload);
    real_curl_easy_setopt(handle, CURLOPT_READDATA, context);
    real_curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek);
    real_curl_easy_setopt(handle, CURLOPT_SEEKDATA, context);
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | 02000000 /* SOCK_CLOEXEC */, address->protocol);
}

void slipway_curl_keep_sockets_from_children(CURL *handle) { real_curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket); }
