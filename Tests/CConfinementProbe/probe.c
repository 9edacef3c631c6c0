#define _GNU_SOURCE
#include "cconfinement_probe.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void told(const char *name, long result) {
    if (result >= 0) printf("%s done\n", name);
    else printf("%s %d\n", name, errno);
}
#define TRY(name, call) (errno = 0, told(name, (long)(call)))

static const char *in(const char *directory, const char *name) {
    static char places[2][4096];
    static int turn;
    turn ^= 1;
    snprintf(places[turn], sizeof places[turn], "%s/%s", directory, name);
    return places[turn];
}

static void *nothing(void *unused) { return unused; }

static int make_thread(void) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    if (error == 0) error = pthread_join(thread, NULL);
    errno = error;
    return error == 0 ? 0 : -1;
}

// By the system call itself, and as an old fork does it.
static int fork_once(int old) {
    long pid = -1;
    if (!old) pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#ifdef SYS_fork
    else pid = syscall(SYS_fork);
#else
    else errno = EPERM;
#endif
    if (pid == 0) _exit(0);
    return (int)pid;
}

static int connect_once(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int result = connect(fd, (struct sockaddr *)&address, sizeof address);
    int saved = errno;
    close(fd);
    errno = saved;
    // That nobody listens there is an answer.
    return result == 0 || errno == ECONNREFUSED ? 0 : -1;
}

static int bind_once(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int result = bind(fd, (struct sockaddr *)&address, sizeof address);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

static int gain_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct all[2];
    memset(all, 0xff, sizeof all);
    return (int)syscall(SYS_capset, &header, all);
}

void cconfinement_probe(const char *writable, const char *readable, const char *outside) {
    // What must work.
    TRY("write-inside", open(in(writable, "new"), O_WRONLY | O_CREAT, 0600));
    TRY("mkdir-inside", mkdir(in(writable, "folder"), 0700));
    TRY("rename-inside", rename(in(writable, "new"), in(writable, "folder/new")));
    TRY("truncate-inside", truncate(in(writable, "folder/new"), 0));
    TRY("link-inside", symlink("folder", in(writable, "link")));
    TRY("remove-inside", unlink(in(writable, "folder/new")));
    TRY("read-named", open(readable, O_RDONLY));
    TRY("write-null", open("/dev/null", O_RDWR));
    TRY("thread", make_thread());
    TRY("load-library", dlopen("libz.so.1", RTLD_NOW) == NULL ? -1 : 0);
    TRY("names", open("/etc/hosts", O_RDONLY));

    // What must not.
    TRY("write-outside", open(in(outside, "new"), O_WRONLY | O_CREAT, 0600));
    TRY("rename-outside", rename(in(writable, "link"), in(outside, "link")));
    TRY("read-outside", open(in(outside, "public"), O_RDONLY));
    TRY("list-outside", open(outside, O_RDONLY | O_DIRECTORY));
    TRY("read-shadow", open("/etc/shadow", O_RDONLY));
    TRY("write-passwd", open("/etc/passwd", O_WRONLY));
    TRY("device", open("/dev/kmsg", O_WRONLY));
    TRY("fifo", mknod(in(writable, "fifo"), S_IFIFO | 0600, 0));
    TRY("become-other", setresuid(getuid() == 0 ? 1 : 0, -1, -1));
    TRY("become-other-saved", setresuid(-1, -1, getuid() == 0 ? 1 : 0));
    TRY("become-group", setresgid(-1, getgid() == 0 ? 1 : 0, -1));
    TRY("groups", setgroups(0, NULL));
    TRY("capabilities", gain_capabilities());
    TRY("give-away", chown(writable, getuid() + 1, -1));
    TRY("exec", execl("/bin/true", "true", NULL));
    TRY("fork", fork_once(0));
    TRY("fork-old", fork_once(1));
    TRY("clone3", syscall(435, NULL, 0));
    TRY("user-namespace", unshare(CLONE_NEWUSER));
    TRY("trace", ptrace(PTRACE_ATTACH, getppid(), 0, 0));
    TRY("mount", mount("none", writable, "tmpfs", 0, NULL));
    TRY("io-uring", syscall(425, 1, NULL));
    TRY("bpf", syscall(SYS_bpf, 0, NULL, 0));
    TRY("keys", syscall(SYS_keyctl, 0, -3, 0));
    TRY("terminal", ioctl(0, TIOCSTI, "x"));
    TRY("signal-parent", kill(getppid(), 0));
    TRY("packets", socket(AF_PACKET, SOCK_RAW, 0));
    TRY("listen", bind_once());

    // What depends on where bytes come from.
    TRY("connect", connect_once());
    TRY("local-socket", socket(AF_UNIX, SOCK_STREAM, 0));

    // What it is now.
    uid_t user[3];
    gid_t group[3];
    int groups = getgroups(0, NULL);
    if (getresuid(user, user + 1, user + 2) == 0 && getresgid(group, group + 1, group + 2) == 0)
        printf("ids %u.%u.%u.%u.%u.%u.%d\n", user[0], user[1], user[2], group[0], group[1], group[2],
               groups);
    printf("dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    printf("no-new-privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    struct rlimit core = {1, 1};
    (void)getrlimit(RLIMIT_CORE, &core);
    printf("core %d\n", (int)core.rlim_max);
    fflush(stdout);
}

int cconfinement_has_sanitizer_thread(void) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return 1;
#endif
#endif
    return 0;
}
