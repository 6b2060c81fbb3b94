#include <curl/curl.h>

/// Loads libcurl, once, whoever asks first; call it before any other function of this module.
///
/// Linked the usual way, libcurl brings LDAP, Kerberos, SSH and 25 more libraries into every process, also where nothing is remote.
///
/// Returns NULL when it is loaded, else what is wrong.
const char *slipway_load_libcurl(void);

// The functions that set and get options are variadic, which Swift can't call.
CURLcode slipway_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode slipway_curl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode slipway_curl_set_size(CURL *handle, CURLoption option, curl_off_t value);
CURLcode slipway_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
void slipway_curl_set_error_buffer(CURL *handle, char *buffer);
CURLMcode slipway_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
long slipway_curl_status(CURL *handle);
/// How many connections the last transfer opened: none when it used one that was kept.
long slipway_curl_new_connections(CURL *handle);

// Newer headers have a const where older ones have none.
CURLUcode slipway_curl_url_get(CURLU *parts, CURLUPart part, char **value);

// The callbacks of a transfer, with the one context that all of them get.
typedef size_t (*slipway_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*slipway_curl_seek)(void *context, curl_off_t offset, int origin);

void slipway_curl_set_callbacks(
    CURL *handle, void *context, slipway_curl_data header, slipway_curl_data body, slipway_curl_data upload, slipway_curl_seek seek
);

// libcurl before 8.0 opens sockets that every child process inherits, which keeps them open after we have closed them.
void slipway_curl_keep_sockets_from_children(CURL *handle);

// The result lies in a union.
static inline CURLcode slipway_curl_message_result(const CURLMsg *message) { return message->data.result; }
