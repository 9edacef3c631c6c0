// The keeper: a small image between owner and program that reaps orphans, forwards the program's
// end, and ends everything when the program or the owner is gone.
//
// Its control socket is the lifeline: the owner shuts it down to end the run, and the kernel does
// when the owner dies. That holds whichever thread started it, unlike PR_SET_PDEATHSIG.
#define _GNU_SOURCE
#include "stages.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Kills each of our own children once; false where the kernel does not list them.
static int kill_children(void) {
    int list = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (list < 0) return 0;
    char buffer[1024];
    pid_t pid = 0;
    ssize_t count;
    while ((count = read(list, buffer, sizeof buffer)) > 0) {
        for (ssize_t n = 0; n < count; n++) {
            if (buffer[n] >= '0' && buffer[n] <= '9') {
                pid = pid * 10 + (buffer[n] - '0');
            } else if (pid > 0) {
                kill(pid, SIGKILL);
                pid = 0;
            }
        }
    }
    if (pid > 0) kill(pid, SIGKILL);
    close(list);
    return 1;
}

// A killed process leaves its children to us (we are their subreaper), so this goes level by
// level until none is left. Bounded, so that a process stuck in the kernel cannot hold us.
static void end_tree(pid_t program) {
    const struct timespec pause = {0, 2000000};
    for (int round = 0; round < 5000; round++) {
        int listed = kill_children();
        if (!listed) kill(-program, SIGKILL);
        pid_t pid;
        do pid = waitpid(-1, NULL, WNOHANG);
        while (pid > 0 || (pid < 0 && errno == EINTR));
        if (pid < 0 && errno == ECHILD) return;
        nanosleep(&pause, NULL);
    }
}

void keep(const cprocess_plan *plan, pid_t program) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &action, NULL);  // an inherited SIG_IGN would reap in our place
    int ends = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    int32_t status = -1;
    for (;;) {
        int done = 0, result;
        pid_t pid;
        while ((pid = waitpid(-1, &result, WNOHANG)) > 0) {
            if (pid != program) continue;
            status = result;
            done = 1;
        }
        if (done) break;
        struct pollfd waiting[2] = {{CONTROL_FD, POLLIN, 0}, {ends, POLLIN, 0}};
        // Without a signalfd (never seen) it looks every 20 ms.
        if (poll(waiting, ends < 0 ? 1 : 2, ends < 0 ? 20 : -1) < 0 && errno != EINTR) break;
        if (waiting[0].revents != 0) break;  // the owner never writes: this is its end
        struct signalfd_siginfo info;
        while (ends >= 0 && read(ends, &info, sizeof info) > 0) {}
    }
    // In a tree by hand; in namespaces the kernel kills all when pid 1 ends.
    if (plan->keep == CPROCESS_KEEP_TREE) end_tree(program);
    if (status != -1) (void)send(CONTROL_FD, &status, sizeof status, MSG_NOSIGNAL | MSG_DONTWAIT);
    _exit(0);
}
