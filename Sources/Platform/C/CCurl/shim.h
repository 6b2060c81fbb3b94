#include <curl/curl.h>
#include <sys/socket.h>

// The functions that set and get options are variadic, which Swift can't call.
static inline CURLcode slipway_curl_set_long(CURL *handle, CURLoption option, long value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode slipway_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode slipway_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode slipway_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline void slipway_curl_set_error_buffer(CURL *handle, char *buffer) { curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer); }
static inline CURLMcode slipway_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The callbacks of a transfer, with the one context that all of them get.
typedef size_t (*slipway_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*slipway_curl_seek)(void *context, curl_off_t offset, int origin);

static inline void slipway_curl_set_callbacks(
    CURL *handle, void *context, slipway_curl_data header, slipway_curl_data body, slipway_curl_data upload, slipway_curl_seek seek
) {
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, upload);
    curl_easy_setopt(handle, CURLOPT_READDATA, context);
    curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek);
    curl_easy_setopt(handle, CURLOPT_SEEKDATA, context);
}

// libcurl before 8.0 opens sockets that every child process inherits, which keeps them open after we have closed them.
static inline curl_socket_t slipway_curl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | 02000000 /* SOCK_CLOEXEC */, address->protocol);
}
static inline void slipway_curl_keep_sockets_from_children(CURL *handle) {
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, slipway_curl_open_socket);
}

static inline long slipway_curl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

// The result lies in a union.
static inline CURLcode slipway_curl_message_result(const CURLMsg *message) { return message->data.result; }
