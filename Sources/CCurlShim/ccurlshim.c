#include "ccurlshim.h"

CURLcode ccurl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

CURLcode ccurl_set_sink(CURL *handle, ccurl_sink sink, void *context) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, sink);
    if (result != CURLE_OK) return result;
    return curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

CURLcode ccurl_set_body(CURL *handle, const void *bytes, int64_t count) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_POST, 1L);
    if (result != CURLE_OK) return result;
    result = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (result != CURLE_OK) return result;
    return curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes);
}

CURLcode ccurl_copy_body(CURL *handle, const void *bytes, int64_t count) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_POST, 1L);
    if (result != CURLE_OK) return result;
    // The length first, or libcurl would look for a closing zero.
    result = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (result != CURLE_OK) return result;
    return curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}

CURLcode ccurl_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

CURLcode ccurl_get_number(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

CURLcode ccurl_set_header_sink(CURL *handle, ccurl_sink sink, void *context) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, sink);
    if (result != CURLE_OK) return result;
    return curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

size_t ccurl_pause(void) { return CURL_WRITEFUNC_PAUSE; }

CURLcode ccurl_get_large(CURL *handle, CURLINFO info, int64_t *value) {
    curl_off_t number = 0;
    CURLcode result = curl_easy_getinfo(handle, info, &number);
    *value = number;
    return result;
}

CURLcode ccurl_get_text(CURL *handle, CURLINFO info, const char **value) {
    char *text = NULL;
    CURLcode result = curl_easy_getinfo(handle, info, &text);
    *value = text;
    return result;
}

CURLMcode ccurl_multi_set_number(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
