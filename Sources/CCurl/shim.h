// What Swift sees of the library: its public headers, nothing of ours.
#include <curl/curl.h>
