// What a process gives up before it meets bytes from outside: identity and capabilities, files and
// network (Landlock), system calls (seccomp). Each function returns 0, or -1 with errno.
#ifndef NACELLE_CCONFINE_H
#define NACELLE_CCONFINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A child that goes on in this program, and a stream socket to it in `channel`; both are
// close-on-exec. In the child 0 is returned. Only for a process of one thread.
pid_t cconfine_fork(int *channel);
// Has the kernel kill this process when the parent's thread that made it ends; -1 where `parent` is
// gone already.
int cconfine_die_with(pid_t parent);

// Becomes a user for good: all three ids, these supplementary groups, no capability in any set.
// From a process that is not root, or cannot become root, ids and groups stay as they are.
int cconfine_drop(uid_t user, gid_t group, const gid_t *groups, size_t count);
// How many threads this process has: rules and filter hold for the thread that sets them, and those
// that it makes.
int cconfine_threads(void);
// No privilege by exec, no core dump, no look into its memory by others of the same user.
int cconfine_harden(void);

// The version of Landlock that the kernel has; 0 for none that is of use.
int cconfine_landlock_version(void);
// A new set of rules, which allows nothing yet of what this version knows; `files` says whether it is
// about files too, `network` whether TCP connections may be made.
int cconfine_rules(int version, int files, int network);
enum {
    CCONFINE_READ = 1,   // read files and directories
    CCONFINE_WRITE = 2,  // and write, make, rename and remove files, directories and links
    CCONFINE_DEVICE = 3, // and write what exists, without making anything
};
// Allows what stands at or below a path; -1 with ENOENT where nothing does.
int cconfine_allow(int rules, int version, const char *path, int what);
// Puts a set of rules into force for this thread and all that it makes.
int cconfine_enforce(int rules);

// The filter of system calls; `network` says whether internet sockets may be made.
int cconfine_filter(int network);

// Sends a message with a descriptor beside its first byte; -1 for none.
int cconfine_send(int channel, const void *bytes, size_t count, int passed);
// Receives up to `count` bytes and a descriptor, if one came (close-on-exec), else -1. Returns the
// bytes, 0 at the end.
ssize_t cconfine_receive(int channel, void *bytes, size_t count, int *passed);
#endif
