#include "cprocess.h"

#include <malloc.h>

// A threshold that was set does not adapt: large buffers are always mapped on their own, and go
// back to the system when they are freed.
int cprocess_bound_heap(void) { return mallopt(M_MMAP_THRESHOLD, 128 << 10); }
