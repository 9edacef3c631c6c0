// libcurl's variadic calls, one function a type of argument, because Swift imports no variadics.
#ifndef NACELLE_CCURLSHIM_H
#define NACELLE_CCURLSHIM_H

#include <curl/curl.h>
#include <stdint.h>

typedef size_t (*ccurl_sink)(char *data, size_t size, size_t count, void *context);

CURLcode ccurl_set_number(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
// Bytes in memory in place of a file, such as CURLOPT_SSLKEY_BLOB; libcurl copies them.
CURLcode ccurl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count);
// Where received bytes go: CURLOPT_WRITEFUNCTION and CURLOPT_WRITEDATA.
CURLcode ccurl_set_sink(CURL *handle, ccurl_sink sink, void *context);
// Where header lines go: CURLOPT_HEADERFUNCTION and CURLOPT_HEADERDATA.
CURLcode ccurl_set_header_sink(CURL *handle, ccurl_sink sink, void *context);
// What a sink returns to have the transfer paused (CURL_WRITEFUNC_PAUSE).
size_t ccurl_pause(void);
// The bytes to send by POST; they must stay until the transfer ends.
CURLcode ccurl_set_body(CURL *handle, const void *bytes, int64_t count);
// The same, but libcurl copies the bytes.
CURLcode ccurl_copy_body(CURL *handle, const void *bytes, int64_t count);
// The buffer of CURL_ERROR_SIZE bytes for error texts; it must outlive the handle.
CURLcode ccurl_set_error_buffer(CURL *handle, char *buffer);
CURLcode ccurl_get_number(CURL *handle, CURLINFO info, long *value);
CURLcode ccurl_get_large(CURL *handle, CURLINFO info, int64_t *value);
// The text is libcurl's and lives as long as the handle is not used again.
CURLcode ccurl_get_text(CURL *handle, CURLINFO info, const char **value);
CURLMcode ccurl_multi_set_number(CURLM *multi, CURLMoption option, long value);
#endif
