// Clone to exec. The order, for the fullest case (namespaces):
//
//   owner ── clone ──> first: descriptors, root regained
//                        └─ clone(CLONE_PARENT, new namespaces) ──> keeper, pid 1 there
//                                                                     mounts, then
//                                                                     └─ clone ──> program ── exec
//   The first child tells the keeper's pid and ends; by CLONE_PARENT the keeper is the owner's
//   child. A tree has a keeper without namespaces; a group has no keeper: the first child execs.
//
// Credentials are set by raw system calls: glibc's wrappers would signal "the other threads", of
// which a cloned child has only the stale list.
#define _GNU_SOURCE
#include "stages.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_setresuid32  // 32-bit machines: the plain calls take 16-bit ids
#define SET_USER SYS_setresuid32
#define SET_GROUP SYS_setresgid32
#define SET_GROUPS SYS_setgroups32
#else
#define SET_USER SYS_setresuid
#define SET_GROUP SYS_setresgid
#define SET_GROUPS SYS_setgroups
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

void report(int32_t step, int32_t value) {
    struct record record = {step, value};
    // A record is far below PIPE_BUF, so it is written whole or not at all.
    while (write(REPORT_FD, &record, sizeof record) < 0 && errno == EINTR) {}
}

void give_up(int32_t step) {
    report(step, errno);
    _exit(127);
}

pid_t clone_plain(unsigned long flags) {
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

int regain_root(void) {
    if (syscall(SET_USER, 0, 0, 0) != 0) return -1;
    return (int)syscall(SET_GROUP, 0, 0, 0);
}

// Puts the three descriptors at their fixed numbers and closes every other one: locks, sockets
// and open slots of the owner must not live on in a child.
static void settle_descriptors(const cprocess_plan *plan, int report_fd, int control, int output) {
    // First out of the way of the fixed numbers, then onto them.
    int high_report = fcntl(report_fd, F_DUPFD_CLOEXEC, 10);
    int high_control = control < 0 ? -1 : fcntl(control, F_DUPFD_CLOEXEC, 10);
    int high_output = output < 0 ? -1 : fcntl(output, F_DUPFD_CLOEXEC, 10);
    if (high_report < 0 || dup3(high_report, REPORT_FD, O_CLOEXEC) < 0) _exit(127);
    if (control < 0) close(CONTROL_FD);
    else if (high_control < 0 || dup3(high_control, CONTROL_FD, O_CLOEXEC) < 0)
        give_up(CPROCESS_STEP_DESCRIPTORS);
    if (output < 0) close(OUTPUT_FD);
    else if (high_output < 0 || dup3(high_output, OUTPUT_FD, O_CLOEXEC) < 0)
        give_up(CPROCESS_STEP_DESCRIPTORS);
    if (syscall(SYS_close_range, FIRST_UNUSED_FD, ~0U, 0) != 0) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0) give_up(CPROCESS_STEP_DESCRIPTORS);
        rlim_t end = limit.rlim_cur < 1048576 ? limit.rlim_cur : 1048576;
        for (rlim_t fd = FIRST_UNUSED_FD; fd < end; fd++) close((int)fd);
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0) give_up(CPROCESS_STEP_DESCRIPTORS);
    if (plan->capture && (dup2(OUTPUT_FD, 1) < 0 || dup2(OUTPUT_FD, 2) < 0))
        give_up(CPROCESS_STEP_DESCRIPTORS);
    // Where the owner had no standard input, the device is number 0 already.
    if (null == 0 ? fcntl(0, F_SETFD, 0) != 0 : close(null) != 0)
        give_up(CPROCESS_STEP_DESCRIPTORS);
    close(OUTPUT_FD);
}

static void set_limits(const cprocess_plan *plan) {
    static const int names[CPROCESS_LIMITS] = {
        [CPROCESS_LIMIT_CORE] = RLIMIT_CORE,   [CPROCESS_LIMIT_FILE_SIZE] = RLIMIT_FSIZE,
        [CPROCESS_LIMIT_FILES] = RLIMIT_NOFILE, [CPROCESS_LIMIT_PROCESSES] = RLIMIT_NPROC,
        [CPROCESS_LIMIT_DATA] = RLIMIT_DATA,   [CPROCESS_LIMIT_CPU] = RLIMIT_CPU,
    };
    for (int n = 0; n < CPROCESS_LIMITS; n++) {
        if (!plan->limited[n]) continue;
        struct rlimit limit = {plan->limits[n], plan->limits[n]};
        if (setrlimit((__rlimit_resource_t)names[n], &limit) != 0)
            give_up(CPROCESS_STEP_LIMITS);
    }
}

static void become(const cprocess_plan *plan) {
    // Groups only where root can set them; else the process keeps the few that it has.
    if (plan->as == CPROCESS_AS_USER &&
        syscall(SET_GROUPS, plan->group_count, plan->groups) != 0)
        give_up(CPROCESS_STEP_USER);
    if (syscall(SET_GROUP, plan->group, plan->group, plan->group) != 0)
        give_up(CPROCESS_STEP_USER);
    if (syscall(SET_USER, plan->user, plan->user, plan->user) != 0) give_up(CPROCESS_STEP_USER);
}

// The last stage, in the process that becomes the program.
_Noreturn static void execute(const cprocess_plan *plan) {
    // All zero is the default action. By system call, because glibc's sigaction refuses the two
    // signals that it keeps for itself, which may come down ignored.
    unsigned long action[8] = {0};
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, action, NULL, NSIG / 8);
    if (setsid() < 0) give_up(CPROCESS_STEP_SESSION);
    close(CONTROL_FD);
    // The owner may have changed users, which hides /proc/self from it; exec decides anew.
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    // While still root, so that a limit can also be raised to what is asked.
    set_limits(plan);
    if (plan->oom_first) {
        int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (score < 0 || write(score, "1000", 4) != 4) give_up(CPROCESS_STEP_OOM);
        close(score);
    }
    umask(plan->mask);
    become(plan);
    if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up(CPROCESS_STEP_PRIVILEGES);
    // As the program's own user, so that its permissions decide; by path, because a descriptor of
    // the owner's would lead around the read-only mounts.
    if (chdir(plan->directory) != 0) give_up(CPROCESS_STEP_DIRECTORY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // What this program ignores, or was made to, is none of that one's.
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    execve(plan->arguments.items[0], plan->arguments.items, plan->environment.items);
    give_up(CPROCESS_STEP_EXECUTE);
}

// The keeper: forks the program and stays.
_Noreturn static void be_keeper(const cprocess_plan *plan) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // it is an image of the owner: nobody may look into it
    if (setsid() < 0 && errno != EPERM) give_up(CPROCESS_STEP_KEEPER);
    if (plan->keep == CPROCESS_KEEP_NAMESPACES) isolate(plan);
    else if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) give_up(CPROCESS_STEP_KEEPER);
    pid_t program = clone_plain(0);
    if (program < 0) give_up(CPROCESS_STEP_KEEPER);
    if (program == 0) execute(plan);
    if (plan->keep == CPROCESS_KEEP_TREE) report(CPROCESS_STEP_NOTE_PROGRAM, program);
    close(REPORT_FD);
    // The program's output ends when the program's side closes it, not when the keeper does.
    if (plan->capture) {
        dup2(0, 1);
        dup2(0, 2);
    }
    keep(plan, program);
}

void first_child(
    const cprocess_plan *plan, int report_fd, int control, int output) {
    settle_descriptors(plan, report_fd, control, output);
    if ((plan->as == CPROCESS_AS_USER || plan->keep == CPROCESS_KEEP_NAMESPACES) &&
        regain_root() != 0)
        give_up(CPROCESS_STEP_ROOT);
    if (plan->keep == CPROCESS_KEEP_GROUP) execute(plan);
    if (plan->keep == CPROCESS_KEEP_TREE) be_keeper(plan);
    pid_t keeper = clone_plain(
        CLONE_PARENT | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
    if (keeper < 0) give_up(CPROCESS_STEP_NAMESPACES);
    if (keeper == 0) be_keeper(plan);
    report(CPROCESS_STEP_NOTE_KEEPER, keeper);
    _exit(0);
}
