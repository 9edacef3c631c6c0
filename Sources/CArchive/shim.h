// What Swift sees of the library: its public headers, nothing of ours.
#include <archive.h>
#include <archive_entry.h>
