// What spawn.c, isolate.c and keeper.c share. All of it runs between clone and exec (or in the
// keeper, which never execs): async-signal-safe calls only, no allocation, no formatting.
#ifndef NACELLE_CPROCESS_STAGES_H
#define NACELLE_CPROCESS_STAGES_H

#include "plan.h"

// Fixed numbers in every child, all close-on-exec.
enum { REPORT_FD = 3, CONTROL_FD = 4, OUTPUT_FD = 5, FIRST_UNUSED_FD = 6 };

struct record {
    int32_t step;
    int32_t value;
};

void report(int32_t step, int32_t value);
_Noreturn void give_up(int32_t step);
int regain_root(void);
pid_t clone_plain(unsigned long flags);

// What the owner's first clone becomes.
_Noreturn void first_child(const cprocess_plan *plan, int report_fd, int control, int output);
// Mounts, /proc, loopback, as pid 1 of new namespaces; gives up by itself where it cannot.
void isolate(const cprocess_plan *plan);
// Waits for the program, for an orphan to reap, or for the owner's end; then ends everything.
_Noreturn void keep(const cprocess_plan *plan, pid_t program);
#endif
