// The owner's half of a start: pipes, the first clone, what the children tell, and the end.
#define _GNU_SOURCE
#include "stages.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static int receive_descriptor(int control) {
    char byte;
    struct iovec part = {&byte, 1};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } space;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
    if (recvmsg(control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS) return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

// Reads what the children tell until all of them closed the pipe, which exec does too.
static void read_reports(int fd, struct cprocess_started *started) {
    struct record record;
    for (;;) {
        ssize_t count = read(fd, &record, sizeof record);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof record) return;
        if (record.step == CPROCESS_STEP_NOTE_KEEPER) started->pid = record.value;
        else if (record.step == CPROCESS_STEP_NOTE_PROGRAM) started->program = record.value;
        else if (record.step == CPROCESS_STEP_NOTE_READ_ONLY_PART) started->read_only_part = 1;
        else if (started->step == CPROCESS_STEP_NONE) {
            started->step = record.step;
            started->error = record.value;
        }
    }
}

static void close_if(int fd) {
    if (fd >= 0) close(fd);
}

int cprocess_start(const cprocess_plan *plan, struct cprocess_started *started) {
    *started = (struct cprocess_started){.pidfd = -1, .control = -1, .output = -1, .work = -1};
    int reports[2] = {-1, -1}, control[2] = {-1, -1}, output[2] = {-1, -1};
    int keeps = plan->keep != CPROCESS_KEEP_GROUP;
    started->step = CPROCESS_STEP_PARENT;
    if (pipe2(reports, O_CLOEXEC) != 0 ||
        (keeps && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) ||
        (plan->capture && (pipe2(output, O_CLOEXEC) != 0 ||
                           fcntl(output[0], F_SETFL, O_NONBLOCK) != 0)))
        goto failed;

    // No handler of the owner may run in the child, where its memory is only an image.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t first = clone_plain(0);
    if (first == 0) first_child(plan, reports[1], control[1], output[1]);
    int clone_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = clone_error;
    if (first < 0) goto failed;

    close(reports[1]);
    close_if(control[1]);
    close_if(output[1]);
    reports[1] = control[1] = output[1] = -1;
    started->step = CPROCESS_STEP_NONE;
    read_reports(reports[0], started);
    if (plan->keep == CPROCESS_KEEP_NAMESPACES) {
        cprocess_reap(first);
        if (started->pid == 0 && started->step == CPROCESS_STEP_NONE) {
            started->step = CPROCESS_STEP_VANISHED;
            started->error = ECHILD;
        }
    } else {
        started->pid = first;
    }
    if (started->step == CPROCESS_STEP_NONE) {
        started->pidfd = (int)syscall(SYS_pidfd_open, started->pid, 0);
        if (started->pidfd < 0) {
            started->step = CPROCESS_STEP_PARENT;
            started->error = errno;
            kill(started->pid, SIGKILL);
        }
    }
    if (started->step == CPROCESS_STEP_NONE && plan->work != NULL) {
        started->work = receive_descriptor(control[0]);
        if (started->work < 0) {
            started->step = CPROCESS_STEP_WORK;
            started->error = EPROTO;
        }
    }
    close(reports[0]);
    if (started->step == CPROCESS_STEP_NONE) {
        started->control = control[0];
        started->output = output[0];
        return 0;
    }
    // What still runs ends with the control socket; then it is reaped.
    close_if(control[0]);
    close_if(output[0]);
    close_if(started->pidfd);
    started->pidfd = -1;
    if (started->pid > 0) cprocess_reap(started->pid);
    return -1;

failed:
    started->error = errno;
    for (int n = 0; n < 2; n++) {
        close_if(reports[n]);
        close_if(control[n]);
        close_if(output[n]);
    }
    return -1;
}

int cprocess_reap(pid_t pid) {
    int status;
    pid_t result;
    do result = waitpid(pid, &status, 0);
    while (result < 0 && errno == EINTR);
    return result == pid ? status : -1;
}

int cprocess_told(int control) {
    int32_t status;
    ssize_t count;
    do count = recv(control, &status, sizeof status, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    return count == sizeof status ? status : -1;
}

int cprocess_decode(int status, int *signal) {
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + *signal;
}

int cprocess_can_be_root(void) {
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) != 0) return 0;
    return real == 0 || effective == 0 || saved == 0;
}

int64_t cprocess_boot_time(void) {
    struct timespec time = {0, 0};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int cprocess_kill_group(pid_t group) { return cprocess_signal_group(group, SIGKILL); }

int cprocess_signal_group(pid_t group, int number) {
    if (kill(-group, number) == 0) return 0;
    if (errno != EPERM) return -1;
    // A command that runs as root is beyond the store's owner. The raw call changes this thread
    // alone, so that no other one is root for a moment.
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) != 0 || saved != 0) return -1;
    if (syscall(SYS_setresuid, -1, 0, -1) != 0) return -1;
    int result = kill(-group, number);
    int error = errno;
    // Back at any rate: it was this thread's user a moment ago, so the kernel cannot refuse it.
    if (syscall(SYS_setresuid, -1, effective, -1) != 0) abort();
    errno = error;
    return result;
}
