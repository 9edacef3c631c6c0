// Starts a child process with everything set between clone and exec, and keeps what it starts
// together. A plan is built first (plan.c, may allocate), then started (start.c). The children
// (spawn.c, isolate.c, keeper.c) make async-signal-safe calls only, because other threads of the
// owner may hold any lock at the clone.
#ifndef NACELLE_CPROCESS_H
#define NACELLE_CPROCESS_H

#include <stdint.h>
#include <sys/types.h>

typedef struct cprocess_plan cprocess_plan;

// How what the program starts is kept together.
enum {
    CPROCESS_KEEP_GROUP = 0,       // a session of its own; no more
    CPROCESS_KEEP_TREE = 1,        // below a keeper that is subreaper and ends every descendant
    CPROCESS_KEEP_NAMESPACES = 2,  // below a keeper that is pid 1 of new namespaces
};

// Whom the program runs as.
enum {
    CPROCESS_AS_EFFECTIVE = 0,  // the caller's effective user, for good: saved ids are dropped
    CPROCESS_AS_USER = 1,       // the given ids; root is regained first
};

enum {
    CPROCESS_LIMIT_CORE = 0,
    CPROCESS_LIMIT_FILE_SIZE,
    CPROCESS_LIMIT_FILES,
    CPROCESS_LIMIT_PROCESSES,
    CPROCESS_LIMIT_DATA,
    CPROCESS_LIMIT_CPU,
    CPROCESS_LIMITS,
};

// Where a start failed. Kept in step with StartStep.swift.
enum {
    CPROCESS_STEP_NONE = 0,
    CPROCESS_STEP_NOTE_KEEPER = 1,         // no failure: the keeper's pid
    CPROCESS_STEP_NOTE_PROGRAM = 2,        // no failure: the program's pid (tree)
    CPROCESS_STEP_NOTE_READ_ONLY_PART = 3, // no failure: the old way of read-only mounts was taken
    CPROCESS_STEP_PARENT = 10,
    CPROCESS_STEP_VANISHED,
    CPROCESS_STEP_DESCRIPTORS,
    CPROCESS_STEP_ROOT,
    CPROCESS_STEP_NAMESPACES,
    CPROCESS_STEP_KEEPER,
    CPROCESS_STEP_MOUNTS_PRIVATE,
    CPROCESS_STEP_READ_ONLY,
    CPROCESS_STEP_WORK,
    CPROCESS_STEP_PROC,
    CPROCESS_STEP_SESSION,
    CPROCESS_STEP_LIMITS,
    CPROCESS_STEP_OOM,
    CPROCESS_STEP_USER,
    CPROCESS_STEP_PRIVILEGES,
    CPROCESS_STEP_DIRECTORY,
    CPROCESS_STEP_EXECUTE,
};

// NULL or -1 with errno: out of memory.
cprocess_plan *cprocess_plan_new(const char *executable, const char *directory);
void cprocess_plan_free(cprocess_plan *plan);
int cprocess_plan_argument(cprocess_plan *plan, const char *argument);  // argv[1] and on
int cprocess_plan_variable(cprocess_plan *plan, const char *assignment);
int cprocess_plan_group(cprocess_plan *plan, gid_t group);              // supplementary
int cprocess_plan_read_only(cprocess_plan *plan, const char *path);
// A tmpfs over the directory `path`, in namespaces only.
int cprocess_plan_work(
    cprocess_plan *plan, const char *path, uint64_t bytes, uint64_t entries, uid_t user,
    gid_t group);
// Takes the way of kernels before 5.12 even where a better one is there; for tests.
void cprocess_plan_old_mounts(cprocess_plan *plan);
void cprocess_plan_keep(cprocess_plan *plan, int how);
void cprocess_plan_identity(cprocess_plan *plan, int as, uid_t user, gid_t group);
void cprocess_plan_limit(cprocess_plan *plan, int which, uint64_t value);
void cprocess_plan_settings(
    cprocess_plan *plan, int capture, mode_t mask, int no_new_privileges, int oom_first);

struct cprocess_started {
    pid_t pid;           // our only child of it: the keeper, or the program itself
    int pidfd;
    int control;         // to the keeper, or -1; it ends everything when this is shut down
    int output;          // read end, not blocking, or -1
    int work;            // O_PATH descriptor of the work directory's tmpfs, or -1
    pid_t program;       // the program's pid in a tree, else 0
    int read_only_part;  // 1 where only the given paths could be made read-only
    int step;            // where it failed, else CPROCESS_STEP_NONE
    int error;           // errno of that
};

// 0 when the program's image runs; -1 with step and error otherwise, and nothing is left.
int cprocess_start(const cprocess_plan *plan, struct cprocess_started *started);
// Waits for our child and returns its wait status, or -1 with errno.
int cprocess_reap(pid_t pid);
// What the keeper told of the program's end (a wait status); -1 where it told nothing.
int cprocess_told(int control);
// The status of an exit, or 128 and the signal put in *signal.
int cprocess_decode(int status, int *signal);
// Kills a process group, as root where that is needed and can be regained; 0, or -1 with errno.
int cprocess_kill_group(pid_t group);
// Sends a process group a signal in the same way.
int cprocess_signal_group(pid_t group, int number);
// Whether effective or saved user is root.
int cprocess_can_be_root(void);
int64_t cprocess_boot_time(void);  // nanoseconds of CLOCK_BOOTTIME
// Has large buffers of this process mapped on their own; 1 where the C library does so.
int cprocess_bound_heap(void);

#endif
