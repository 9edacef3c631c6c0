// Mounts and network of a keeper that is pid 1 of new namespaces.
//
// The whole tree becomes read-only for the program, the work directory is a tmpfs of its own (the
// kernel bounds it, and it goes with the namespace), /proc shows this pid namespace alone, and
// /dev/shm is a small tmpfs. Device nodes stay usable, so accelerators work. The loopback
// interface is up and is the only one.
#define _GNU_SOURCE
#include "stages.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

// The kernel's struct mount_attr, declared here because glibc before 2.36 has none.
struct attributes {
    uint64_t set, clear, propagation, user_namespace;
};
enum { ATTRIBUTE_READ_ONLY = 1, ATTRIBUTE_NO_SET_USER = 2, RECURSIVE = 0x8000 };

static void make_read_only(const cprocess_plan *plan) {
    struct attributes attributes = {.set = ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_USER};
    if (!plan->old_mounts &&
        syscall(SYS_mount_setattr, AT_FDCWD, "/", RECURSIVE, &attributes, sizeof attributes) == 0)
        return;
    if (!plan->old_mounts && errno != ENOSYS) give_up(CPROCESS_STEP_READ_ONLY);
    // Linux before 5.12: the given paths at least, each a mount of its own.
    for (size_t n = 0; n < plan->read_only.count; n++) {
        const char *path = plan->read_only.items[n];
        if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) != 0 ||
            mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL) != 0)
            give_up(CPROCESS_STEP_READ_ONLY);
    }
    report(CPROCESS_STEP_NOTE_READ_ONLY_PART, 0);
}

// Mounts the work directory and sends the owner a descriptor of it: only through that can the
// program's socket be reached from outside.
static void make_work(const cprocess_plan *plan) {
    if (mount("nacelle", plan->work, "tmpfs", MS_NOSUID | MS_NODEV, plan->work_options) != 0)
        give_up(CPROCESS_STEP_WORK);
    int work = open(plan->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (work < 0) give_up(CPROCESS_STEP_WORK);
    struct iovec part = {"w", 1};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } space;
    memset(&space, 0, sizeof space);
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof work);
    memcpy(CMSG_DATA(header), &work, sizeof work);
    if (sendmsg(CONTROL_FD, &message, MSG_NOSIGNAL) != 1) give_up(CPROCESS_STEP_WORK);
    close(work);
}

// Best effort: a program that talks to itself over 127.0.0.1 works where the kernel lets it.
static void raise_loopback(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags |= IFF_UP;
        (void)ioctl(fd, SIOCSIFFLAGS, &request);
    }
    close(fd);
}

void isolate(const cprocess_plan *plan) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        give_up(CPROCESS_STEP_MOUNTS_PRIVATE);
    make_read_only(plan);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        give_up(CPROCESS_STEP_PROC);
    struct stat status;
    if (stat("/dev/shm", &status) == 0 && S_ISDIR(status.st_mode) &&
        mount("nacelle", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV,
              "size=64m,nr_inodes=1024,mode=1777") != 0)
        give_up(CPROCESS_STEP_WORK);
    if (plan->work != NULL) make_work(plan);
    raise_loopback();
}
