#pragma once
#include <curl/curl.h>
// Not in Swift's module of glibc.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// libcurl's option and information calls are variadic, which Swift can't call: one function per type of argument.

static inline CURLcode berth_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode berth_curl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode berth_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode berth_curl_set_string(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode berth_curl_set_pointer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }
// Copied by libcurl; text without its closing zero.
static inline CURLcode berth_curl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}
static inline CURLcode berth_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode berth_curl_set_body(CURL *easy, const void *bytes, curl_off_t count) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, (char *)bytes) : code;
}
static inline CURLcode berth_curl_set_write(CURL *easy, curl_write_callback call) { return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call); }
static inline CURLcode berth_curl_set_header(CURL *easy, curl_write_callback call) { return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call); }
static inline CURLcode berth_curl_set_read(CURL *easy, curl_read_callback call) { return curl_easy_setopt(easy, CURLOPT_READFUNCTION, call); }
static inline CURLcode berth_curl_set_seek(CURL *easy, curl_seek_callback call) { return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, call); }
static inline CURLcode berth_curl_set_progress(CURL *easy, curl_xferinfo_callback call) { return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, call); }
static inline CURLcode berth_curl_set_open_socket(CURL *easy, curl_opensocket_callback call) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, call);
}

static inline long berth_curl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
static inline curl_off_t berth_curl_get_offset(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
static inline void *berth_curl_get_private(CURL *easy) {
    char *value = NULL;
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

static inline CURLMcode berth_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return curl_multi_setopt(multi, option, value); }
static inline CURLMcode berth_curl_multi_set_socket(CURLM *multi, curl_socket_callback call, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, call);
    return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context) : code;
}
static inline CURLMcode berth_curl_multi_set_timer(CURLM *multi, curl_multi_timer_callback call, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, call);
    return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context) : code;
}
