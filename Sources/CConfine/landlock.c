// Landlock by its three system calls; numbers and bits as in the kernel's own linux/landlock.h, of
// which the C library's copy may be older than the kernel that runs.
#define _GNU_SOURCE
#include "cconfine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The same on every architecture.
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,     // version 2
    TRUNCATE = 1 << 14,  // version 3
    IOCTL_DEV = 1 << 15, // version 5
};
enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };           // version 4
enum { SCOPE_ABSTRACT_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 }; // version 6

struct ruleset {
    uint64_t files, network, scoped;
};
struct __attribute__((packed)) beneath {
    uint64_t access;
    int32_t parent;
};

static uint64_t known(int version) {
    uint64_t all = (REFER << 1) - 1;
    if (version >= 3) all |= TRUNCATE;
    if (version >= 5) all |= IOCTL_DEV;
    return all;
}

int cconfine_landlock_version(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, 1);
    // The first version forbids every rename between directories.
    return version < 2 ? 0 : (int)version;
}

int cconfine_rules(int version, int files, int network) {
    struct ruleset set = {.files = files ? known(version) : 0};
    if (version >= 4) set.network = network ? BIND_TCP : BIND_TCP | CONNECT_TCP;
    if (version >= 6) set.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    long rules = syscall(CREATE_RULESET, &set, size, 0);
    if (rules >= 0) (void)fcntl((int)rules, F_SETFD, FD_CLOEXEC);
    return (int)rules;
}

int cconfine_allow(int rules, int version, const char *path, int what) {
    struct beneath rule = {.parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0) return -1;
    struct stat status;
    int result = fstat(rule.parent, &status);
    rule.access = READ_FILE | READ_DIR;
    if (what == CCONFINE_WRITE)
        rule.access |= WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM |
                       REFER | TRUNCATE;
    if (what == CCONFINE_DEVICE) rule.access |= WRITE_FILE | TRUNCATE | IOCTL_DEV;
    rule.access &= known(version);
    // What makes sense in a directory alone is refused for a file.
    if (result == 0 && !S_ISDIR(status.st_mode))
        rule.access &= EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV;
    if (result == 0) result = (int)syscall(ADD_RULE, rules, 1, &rule, 0);
    int saved = errno;
    close(rule.parent);
    errno = saved;
    return result;
}

int cconfine_enforce(int rules) { return (int)syscall(RESTRICT_SELF, rules, 0); }
