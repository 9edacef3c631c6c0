// The filter of system calls: what no fetching or decoding needs is refused with EPERM, so that a
// library that tries does without. A list of what is refused, since what libraries need changes with
// them; the identity, the capabilities and Landlock hold what is behind those that are allowed.
#define _GNU_SOURCE
#include "cconfine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef OWN_ARCHITECTURE
// Numbers that are newer than some C libraries; the same on both architectures.
enum { IO_URING_SETUP = 425, IO_URING_ENTER, IO_URING_REGISTER };
enum {
    OPEN_TREE = 428, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, FSPICK,
    CLONE3 = 435, PIDFD_GETFD = 438, PROCESS_MADVISE = 440, MOUNT_SETATTR = 442, QUOTACTL_FD = 443,
    OPEN_TREE_ATTR = 467,
};

static const unsigned refused[] = {
    // Other programs, and processes that outlive this one.
    SYS_execve, SYS_execveat,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
    // Into other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, PROCESS_MADVISE, PIDFD_GETFD, SYS_kcmp,
    // What the file system shows.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, OPEN_TREE, OPEN_TREE_ATTR, MOVE_MOUNT, FSOPEN,
    FSCONFIG, FSMOUNT, FSPICK, MOUNT_SETATTR, SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_unshare, SYS_setns, SYS_mknodat,
#ifdef SYS_mknod
    SYS_mknod,
#endif
    // The kernel's larger surfaces.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key,
    IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER, SYS_fanotify_init, SYS_personality,
#ifdef SYS_modify_ldt
    SYS_modify_ldt,
#endif
    // The machine.
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_lookup_dcookie
    SYS_lookup_dcookie,
#endif
#ifdef SYS_nfsservctl
    SYS_nfsservctl,
#endif
    SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, QUOTACTL_FD, SYS_syslog,
    SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
    SYS_clock_adjtime, SYS_vhangup,
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm,
#endif
};

enum { COUNT = sizeof refused / sizeof *refused };

#define NUMBER offsetof(struct seccomp_data, nr)
#define ARCHITECTURE offsetof(struct seccomp_data, arch)
// Both architectures are little-endian: the low word comes first.
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (what))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
// Skips so many instructions where it is not that value.
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | ((error)&SECCOMP_RET_DATA))
#endif

int cconfine_filter(int network) {
#ifdef OWN_ARCHITECTURE
    struct sock_filter filter[2 * COUNT + 48];
    unsigned short n = 0;
#define ADD(...)                                                              \
    do {                                                                      \
        const struct sock_filter more[] = {__VA_ARGS__};                      \
        for (unsigned m = 0; m < sizeof more / sizeof *more; m++) filter[n++] = more[m]; \
    } while (0)
    // Another architecture's numbers mean other calls.
    ADD(LOAD(ARCHITECTURE), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(NUMBER));
#ifdef __x86_64__
    // So do the numbers of x32.
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), REFUSE(ENOSYS));
#endif
    for (unsigned m = 0; m < COUNT; m++) ADD(UNLESS(refused[m], 1), REFUSE(EPERM));
    // Threads, and no processes: those of clone3 cannot be told apart, and libraries do without it.
    ADD(UNLESS(CLONE3, 1), REFUSE(ENOSYS));
    ADD(UNLESS(SYS_clone, 4), LOAD(ARGUMENT(0)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0), REFUSE(EPERM),
        RETURN(SECCOMP_RET_ALLOW));
    // Typing into the terminal of whoever started the command.
    ADD(UNLESS(SYS_ioctl, 5), LOAD(ARGUMENT(1)), UNLESS(TIOCSTI, 1), REFUSE(EPERM),
        UNLESS(TIOCLINUX, 1), REFUSE(EPERM));
    ADD(LOAD(NUMBER));
    // Sockets: of the internet and for looking names up, or none at all.
    if (network)
        ADD(UNLESS(SYS_socket, 7), LOAD(ARGUMENT(0)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
            UNLESS(AF_NETLINK, 1), RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM));
    else
        ADD(UNLESS(SYS_socket, 1), REFUSE(EPERM));
    ADD(RETURN(SECCOMP_RET_ALLOW));
    const struct sock_fprog program = {n, filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
#else
    (void)network;
    errno = ENOSYS;
    return -1;
#endif
}
