// Everything is in the header, as calls through the table; SwiftPM wants one source file.
#include "ort.h"
