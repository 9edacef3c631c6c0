// What a process that was taken over would try; for the tests of Confinement alone.
#ifndef NACELLE_CCONFINEMENT_PROBE_H
#define NACELLE_CCONFINEMENT_PROBE_H

// Tries all of it, and prints a line `NAME done` or `NAME ERRNO` for each.
void cconfinement_probe(const char *writable, const char *readable, const char *outside);

// Whether a sanitizer runs a thread of its own in each process that was built with it.
int cconfinement_has_sanitizer_thread(void);
#endif
