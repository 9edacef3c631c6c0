// Fork, identity and capabilities, and what goes over the channel between parent and child.
#define _GNU_SOURCE
#include "cconfine.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t cconfine_fork(int *channel) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    pid_t pid = fork();
    if (pid < 0) {
        int saved = errno;
        close(ends[0]);
        close(ends[1]);
        errno = saved;
        return -1;
    }
    close(ends[pid == 0 ? 0 : 1]);
    *channel = ends[pid == 0 ? 1 : 0];
    return pid;
}

int cconfine_die_with(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -1;
    if (getppid() == parent) return 0;
    errno = ESRCH;
    return -1;
}

// No capability in any set, whatever the ids are.
static int drop_capabilities(void) {
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2], held[2];
    memset(none, 0, sizeof none);
    // A service's own filter may forbid to set what there is none of.
    if (syscall(SYS_capget, &header, held) == 0 && memcmp(held, none, sizeof none) == 0) return 0;
    return (int)syscall(SYS_capset, &header, none);
}

static int drop_bounds(void) {
    for (int capability = 0; capability <= 63; capability++) {
        // EINVAL: the kernel has no more of them.
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL ? 0 : -1;
    }
    return 0;
}

int cconfine_drop(uid_t user, gid_t group, const gid_t *groups, size_t count) {
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) != 0) return -1;
    if (real == 0 || effective == 0 || saved == 0) {
        if (setresuid(0, 0, 0) != 0) return -1;
        // Being user 0 gives no capability any more: a store of root's is filled as user 0.
        const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;
        if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0 && errno != EPERM) return -1;
        if (drop_bounds() != 0 && errno != EPERM) return -1;
        if (setgroups(count, groups) != 0) return -1;
        if (setresgid(group, group, group) != 0) return -1;
        if (setresuid(user, user, user) != 0) return -1;
    }
    if (drop_capabilities() != 0) return -1;
    // Seen, not believed.
    if (getresuid(&real, &effective, &saved) != 0) return -1;
    if (real != effective || effective != saved) { errno = EPERM; return -1; }
    if (real != 0 && setuid(0) == 0) { errno = EPERM; return -1; }
    return 0;
}

// What the sanitizers of a test build need: one has a thread of its own, one looks for leaks at the end
// by means that are given up here.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OWN_THREADS 1
#endif
#if __has_feature(address_sanitizer)
static int confined;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return confined; }
#define CONFINED() (confined = 1)
#endif
#endif
#ifndef OWN_THREADS
#define OWN_THREADS 0
#endif
#ifndef CONFINED
#define CONFINED() ((void)0)
#endif

int cconfine_threads(void) {
    struct stat status;
    // Without /proc nobody can tell.
    if (stat("/proc/self/task", &status) != 0) return 1;
    int threads = (int)status.st_nlink - 2 - OWN_THREADS;
    return threads < 1 ? 1 : threads;
}

int cconfine_harden(void) {
    CONFINED();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int cconfine_send(int channel, const void *bytes, size_t count, int passed) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } space;
    const char *next = bytes;
    while (count > 0) {
        struct iovec part = {(void *)next, count};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        if (passed >= 0) {
            memset(&space, 0, sizeof space);
            message.msg_control = &space;
            message.msg_controllen = sizeof space;
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof passed);
            memcpy(CMSG_DATA(header), &passed, sizeof passed);
        }
        ssize_t sent = sendmsg(channel, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        passed = -1;
        next += sent;
        count -= (size_t)sent;
    }
    return 0;
}

ssize_t cconfine_receive(int channel, void *bytes, size_t count, int *passed) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } space;
    struct iovec part = {bytes, count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
    *passed = -1;
    ssize_t received = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    if (received <= 0) return received;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof *passed))
        memcpy(passed, CMSG_DATA(header), sizeof *passed);
    return received;
}
