// callcut: runs a program and, at the N-th system call with which it (or a process that it starts)
// changes something below a directory, kills all of it or has the call fail.
//
//   callcut --below DIR [--record FILE] [--kill N | --fail N:ERRNO | --fail-from N:ERRNO | --short N]
//           [--report FILE] -- PROGRAM ARGUMENT ...
//
//   --record FILE   each such call that succeeded, with its data, for the model of a weak file system
//   --kill N        SIGKILL to every process before the N-th call is carried out
//   --fail N:ERRNO  the N-th call fails; --fail-from: it and all later ones that may fail so
//   --short N       the N-th call, if it is a write, writes half of what it was given
//   --report FILE   the number of calls and the one that was hit, as one line
//
// Counted over all threads and processes in the order in which the kernel stops them. A seccomp
// filter stops the program at such calls alone, so that the rest runs at its own speed. Linux on
// x86_64; needs root. The status is the program's, 137 where it was killed.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "callcut knows the system calls of x86_64 alone"
#endif

#define PATHS 8192
#define TRACED 512

static const struct { int number; const char *name; } CALLS[] = {
    {SYS_open, "openat"}, {SYS_openat, "openat"}, {SYS_creat, "openat"}, {SYS_write, "write"},
    {SYS_pwrite64, "pwrite"}, {SYS_writev, "writev"}, {SYS_pwritev, "writev"}, {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fsync"}, {SYS_syncfs, "syncfs"}, {SYS_mkdir, "mkdir"}, {SYS_mkdirat, "mkdir"},
    {SYS_unlink, "unlink"}, {SYS_unlinkat, "unlink"}, {SYS_rmdir, "unlink"},
    {SYS_symlink, "symlink"}, {SYS_symlinkat, "symlink"}, {SYS_rename, "rename"},
    {SYS_renameat, "rename"}, {SYS_renameat2, "rename"}, {SYS_link, "link"}, {SYS_linkat, "link"},
    {SYS_truncate, "truncate"}, {SYS_ftruncate, "truncate"}, {SYS_fallocate, "fallocate"},
    {SYS_fchmod, "chmod"}, {SYS_fchmodat, "chmod"}, {SYS_chmod, "chmod"}, {SYS_fchown, "chown"},
    {SYS_fchownat, "chown"}, {SYS_utimensat, "utimens"}, {SYS_copy_file_range, "copy"},
    {SYS_sendfile, "copy"}, {SYS_fsetxattr, "xattr"}, {SYS_mknodat, "mknod"},
};
enum { CALL_COUNT = sizeof CALLS / sizeof *CALLS };

static char below[PATH_MAX];
static size_t belowLength;
static FILE *record;
static long killAt, failAt, failFrom, shortAt, error, count, hit;
static char hitName[64], hitPath[PATHS];
static struct { pid_t pid; int pending; long number; struct user_regs_struct entry; } traced[TRACED];

static void die(const char *what) {
    fprintf(stderr, "callcut: %s: %s\n", what, strerror(errno));
    exit(125);
}

static int slot(pid_t pid, int make) {
    int unused = -1;
    for (int i = 0; i < TRACED; i++) {
        if (traced[i].pid == pid) return i;
        if (unused < 0 && traced[i].pid == 0) unused = i;
    }
    if (!make) return -1;
    if (unused < 0) die("more processes than expected");
    memset(&traced[unused], 0, sizeof traced[unused]);
    traced[unused].pid = pid;
    return unused;
}

// Reads memory of a stopped process; what can be had.
static size_t peek(pid_t pid, uint64_t from, void *to, size_t length) {
    struct iovec ours = {to, length}, theirs = {(void *)from, length};
    ssize_t got = process_vm_readv(pid, &ours, 1, &theirs, 1, 0);
    return got < 0 ? 0 : (size_t)got;
}

static void text(pid_t pid, uint64_t from, char *to) {
    size_t done = 0;
    while (done < PATHS - 1) {
        // Never over a page's end, which may not be there.
        size_t piece = 4096 - (from + done) % 4096;
        if (piece > PATHS - 1 - done) piece = PATHS - 1 - done;
        size_t got = peek(pid, from + done, to + done, piece);
        for (size_t i = 0; i < got; i++)
            if (!to[done + i]) return;
        done += got;
        if (got < piece) break;
    }
    to[done] = 0;
}

static void descriptor(pid_t pid, int fd, char *to) {
    char link[64];
    if (fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", pid);
    else snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, fd);
    ssize_t length = readlink(link, to, PATHS - 1);
    to[length < 0 ? 0 : length] = 0;
}

static void at(pid_t pid, int fd, uint64_t name, char *to) {
    char word[PATHS];
    text(pid, name, word);
    if (word[0] == '/') { strcpy(to, word); return; }
    descriptor(pid, fd, to);
    size_t length = strlen(to);
    snprintf(to + length, PATHS - length, "/%s", word);
}

static const char *nameOf(long number) {
    for (int i = 0; i < CALL_COUNT; i++)
        if (CALLS[i].number == number) return CALLS[i].name;
    return NULL;
}

// The path that a call changes, and for two-path calls the other one; whether it changes anything.
static int paths(pid_t pid, const struct user_regs_struct *r, char *path, char *other) {
    *path = *other = 0;
    switch (r->orig_rax) {
    case SYS_open: case SYS_creat:
        at(pid, AT_FDCWD, r->rdi, path);
        return r->orig_rax == SYS_creat || (r->rsi & (O_CREAT | O_TRUNC));
    case SYS_openat: at(pid, (int)r->rdi, r->rsi, path); return (r->rdx & (O_CREAT | O_TRUNC)) != 0;
    case SYS_write: case SYS_pwrite64: case SYS_writev: case SYS_pwritev: case SYS_fsync:
    case SYS_fdatasync: case SYS_syncfs: case SYS_ftruncate: case SYS_fallocate: case SYS_fchmod:
    case SYS_fchown: case SYS_fsetxattr: case SYS_sendfile:
        descriptor(pid, (int)r->rdi, path); return 1;
    case SYS_copy_file_range: descriptor(pid, (int)r->rdx, path); return 1;
    case SYS_mkdir: case SYS_unlink: case SYS_rmdir: case SYS_truncate: case SYS_chmod:
        at(pid, AT_FDCWD, r->rdi, path); return 1;
    case SYS_mkdirat: case SYS_unlinkat: case SYS_fchmodat: case SYS_fchownat: case SYS_mknodat:
        at(pid, (int)r->rdi, r->rsi, path); return 1;
    case SYS_utimensat:
        if (r->rsi) at(pid, (int)r->rdi, r->rsi, path); else descriptor(pid, (int)r->rdi, path);
        return 1;
    case SYS_symlink: text(pid, r->rdi, other); at(pid, AT_FDCWD, r->rsi, path); return 1;
    case SYS_symlinkat: text(pid, r->rdi, other); at(pid, (int)r->rsi, r->rdx, path); return 1;
    case SYS_rename: case SYS_link:
        at(pid, AT_FDCWD, r->rdi, other); at(pid, AT_FDCWD, r->rsi, path); return 1;
    case SYS_renameat: case SYS_renameat2: case SYS_linkat:
        at(pid, (int)r->rdi, r->rsi, other); at(pid, (int)r->rdx, r->r10, path); return 1;
    default: return 0;
    }
}

static void hex(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) fprintf(record, "%02x", (unsigned char)bytes[i]);
}

// One line: which call it was, name, path, other path, offset, number, data; texts in hexadecimal,
// “-” for none.
static void write_record(pid_t pid, long call, const struct user_regs_struct *r, long result) {
    char path[PATHS], other[PATHS];
    paths(pid, r, path, other);
    const char *name = nameOf(r->orig_rax);
    long offset = -1, number = 0;
    uint64_t from = 0;
    switch (r->orig_rax) {
    case SYS_write: from = r->rsi; number = result; break;
    case SYS_pwrite64: from = r->rsi; number = result; offset = (long)r->r10; break;
    case SYS_ftruncate: case SYS_truncate: number = (long)r->rsi; break;
    case SYS_fallocate: number = (long)r->rsi; offset = (long)r->rdx + (long)r->r10; break;
    case SYS_fchmod: number = (long)r->rsi; break;
    case SYS_fchmodat: case SYS_mkdirat: number = (long)r->rdx; break;
    case SYS_mkdir: case SYS_chmod: number = (long)r->rsi; break;
    case SYS_openat: number = (long)(r->rdx & O_TRUNC ? 1 : 0) << 16 | (long)r->r10; break;
    case SYS_unlinkat: number = (long)r->rdx; break;
    case SYS_rmdir: number = AT_REMOVEDIR; break;
    case SYS_writev: case SYS_pwritev: case SYS_copy_file_range: case SYS_sendfile:
        name = "unknown";
    }
    if (r->orig_rax == SYS_write) {
        // The descriptor's offset as it is now, after the call.
        char info[64], line[256];
        snprintf(info, sizeof info, "/proc/%d/fdinfo/%d", pid, (int)r->rdi);
        FILE *file = fopen(info, "r");
        if (file) {
            while (fgets(line, sizeof line, file))
                if (sscanf(line, "pos: %ld", &offset) == 1) offset -= result;
            fclose(file);
        }
    }
    fprintf(record, "%ld %s ", call, name);
    hex(path, strlen(path));
    fputc(' ', record);
    if (*other) hex(other, strlen(other)); else fputc('-', record);
    fprintf(record, " %ld %ld ", offset, number);
    if (from && number > 0) {
        char *data = malloc((size_t)number);
        if (!data || peek(pid, from, data, (size_t)number) != (size_t)number) die("reading data");
        hex(data, (size_t)number);
        free(data);
    } else fputc('-', record);
    fputc('\n', record);
}

static void killAll(void) {
    for (int i = 0; i < TRACED; i++)
        if (traced[i].pid) kill(traced[i].pid, SIGKILL);
}

// Whether a call may end with this error: opening or removing never finds the disk full or broken
// in the same way as writing does.
static int mayFail(const char *name, long error) {
    if (error != ENOSPC) return 1;
    return strcmp(name, "unlink") && strcmp(name, "chmod") && strcmp(name, "chown") &&
           strcmp(name, "fsync") && strcmp(name, "syncfs");
}

// A stop at a call of the filter; whether its result is wanted.
static int stopped(pid_t pid, int index) {
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, pid, 0, &r)) return 0;
    char path[PATHS], other[PATHS];
    if (!paths(pid, &r, path, other)) return 0;
    int isBelow = !strncmp(path, below, belowLength) && (path[belowLength] == '/' || !path[belowLength]);
    if (!isBelow) return 0;
    const char *name = nameOf(r.orig_rax);
    count++;
    int isHit = count == killAt || count == failAt || count == shortAt ||
                (failFrom && count >= failFrom);
    if (isHit && (!hit || count == failFrom)) {
        hit = count;
        snprintf(hitName, sizeof hitName, "%s", name);
        snprintf(hitPath, sizeof hitPath, "%s", path);
    }
    if (count == killAt) { killAll(); return 0; }
    if ((count == failAt || (failFrom && count >= failFrom)) && mayFail(name, error)) {
        r.orig_rax = (unsigned long long)-1;
        r.rax = (unsigned long long)-error;
        ptrace(PTRACE_SETREGS, pid, 0, &r);
        return 0;
    }
    if (count == shortAt && (r.orig_rax == SYS_write || r.orig_rax == SYS_pwrite64) && r.rdx > 1) {
        r.rdx /= 2;
        ptrace(PTRACE_SETREGS, pid, 0, &r);
    }
    if (!record) return 0;
    traced[index].pending = 1;
    traced[index].number = count;
    traced[index].entry = r;
    return 1;
}

static void filter(void) {
    struct sock_filter code[8 + 2 * CALL_COUNT];
    int n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < CALL_COUNT; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALLS[i].number, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)n, code};
    // As root no “no_new_privs” is needed, which would change what the program may do.
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) die("seccomp");
}

static long number(const char *text, long *error) {
    char *end;
    long value = strtol(text, &end, 10);
    if (error && *end == ':') *error = strtol(end + 1, &end, 10);
    if (*end || value < 1) { fprintf(stderr, "callcut: “%s” is no number\n", text); exit(64); }
    return value;
}

int main(int argc, char **argv) {
    const char *report = NULL;
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--"); i += 2) {
        if (i + 1 >= argc) { fprintf(stderr, "callcut: %s lacks its value\n", argv[i]); return 64; }
        const char *value = argv[i + 1];
        if (!strcmp(argv[i], "--below")) {
            if (!realpath(value, below)) die(value);
            belowLength = strlen(below);
        } else if (!strcmp(argv[i], "--record")) {
            if (!(record = fopen(value, "we"))) die(value);
        } else if (!strcmp(argv[i], "--report")) report = value;
        else if (!strcmp(argv[i], "--kill")) killAt = number(value, NULL);
        else if (!strcmp(argv[i], "--fail")) failAt = number(value, &error);
        else if (!strcmp(argv[i], "--fail-from")) failFrom = number(value, &error);
        else if (!strcmp(argv[i], "--short")) shortAt = number(value, NULL);
        else { fprintf(stderr, "callcut: %s is not known\n", argv[i]); return 64; }
    }
    if (!belowLength || i + 1 >= argc) { fprintf(stderr, "callcut: see its first lines\n"); return 64; }
    pid_t first = fork();
    if (first < 0) die("fork");
    if (!first) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        filter();
        execvp(argv[i + 1], argv + i + 1);
        die(argv[i + 1]);
    }
    int status;
    if (waitpid(first, &status, 0) != first) die("waitpid");
    slot(first, 1);
    long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
    if (ptrace(PTRACE_SETOPTIONS, first, 0, options)) die("ptrace");
    ptrace(PTRACE_CONT, first, 0, 0);
    int last = 125;
    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0) { if (errno == EINTR) continue; break; }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (pid == first) last = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            int index = slot(pid, 0);
            if (index >= 0) traced[index].pid = 0;
            continue;
        }
        if (!WIFSTOPPED(status)) continue;
        int index = slot(pid, 1);
        int signal = WSTOPSIG(status), event = status >> 16, wantsResult = 0, forward = 0;
        if (event == PTRACE_EVENT_SECCOMP) wantsResult = stopped(pid, index);
        else if (event) forward = 0;
        else if (signal == (SIGTRAP | 0x80)) {
            if (traced[index].pending) {
                traced[index].pending = 0;
                struct user_regs_struct r;
                if (!ptrace(PTRACE_GETREGS, pid, 0, &r) && (long)r.rax >= 0)
                    write_record(pid, traced[index].number, &traced[index].entry, (long)r.rax);
            }
        } else if (signal == SIGSTOP) {
            // A new thread or process begins with one.
            siginfo_t info;
            forward = ptrace(PTRACE_GETSIGINFO, pid, 0, &info) || info.si_code == SI_USER ||
                              info.si_code == SI_TKILL ? 0 : signal;
        } else forward = signal;
        ptrace(wantsResult ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, forward);
    }
    if (record) fclose(record);
    if (report) {
        FILE *file = fopen(report, "we");
        if (!file) die(report);
        fprintf(file, "%ld %ld %s %s\n", count, hit, *hitName ? hitName : "-", *hitPath ? hitPath : "-");
        fclose(file);
    }
    return last;
}
