// blockdisk: a FUSE file that stands in for a disk below a loop device, writes down what reaches it
// and in which order, and breaks in the way that it is told.
//
//   blockdisk DISK LOG MOUNT
//
//   DISK    the file that holds the disk
//   LOG     each write, flush and discard that was carried out: a head of three numbers of 64 bits
//           (offset, length, kind: “W”, “F” or “D”), and behind it a write's bytes. What was
//           answered stands in it, so its length is a point in time.
//   MOUNT   an empty file, over which the disk is mounted
//
// Lines on standard input, each answered by one line; at its end the program ends:
//
//   rule KIND FROM COUNT ERRNO   from the FROM-th on (0 is the next one), COUNT of them
//                                w  a write fails, and is not carried out
//                                f  a flush fails
//                                r  a read fails
//                                d  a block is dropped: success is told, nothing is written
//                                c  a block is written with one byte changed
//                                d and c count blocks of 4096 bytes; the others count requests
//   only FILE                    d and c count only blocks whose content stands in FILE at a
//                                multiple of 4096; “except FILE”: only the others
//   clear                        no rules any more. Counting begins anew, as with each rule
//   count                        “writes flushes reads blocks hits”
//
// One thread, so that the order of the log is the order in which the disk answered.
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK = 4096, RULES = 16, LARGEST = 1 << 20 };

static int disk, logFile;
static uint64_t size;
static struct { char kind; uint64_t from, count; int error; } rules[RULES];
static int ruleCount;
static uint64_t writes, flushes, reads, blocks, hits;
static char *wanted;
static size_t wantedBlocks;
static int excepted;
static char scratch[LARGEST], readBytes[LARGEST];

static void die(const char *what) {
    fprintf(stderr, "blockdisk: %s: %s\n", what, strerror(errno));
    exit(1);
}

// Whether a rule of this kind is for the number-th; then its error.
static int isHit(char kind, uint64_t number, int *error) {
    for (int i = 0; i < ruleCount; i++)
        if (rules[i].kind == kind && number >= rules[i].from &&
            number - rules[i].from < rules[i].count) {
            if (error) *error = rules[i].error;
            hits++;
            return 1;
        }
    return 0;
}

static void whole(int fd, const void *bytes, size_t length) {
    for (const char *at = bytes; length;) {
        ssize_t done = write(fd, at, length);
        // A log that lacks something would call states good that nobody looked at.
        if (done <= 0) die("the log");
        at += done;
        length -= (size_t)done;
    }
}

static void note(char kind, uint64_t offset, uint64_t length, const char *bytes) {
    uint64_t head[3] = {offset, length, (uint64_t)kind};
    whole(logFile, head, sizeof head);
    if (bytes) whole(logFile, bytes, length);
}

static void fill(struct stat *info) {
    memset(info, 0, sizeof *info);
    info->st_ino = 1;
    info->st_mode = S_IFREG | 0600;
    info->st_nlink = 1;
    info->st_size = (off_t)size;
    info->st_blksize = BLOCK;
    info->st_blocks = (blkcnt_t)(size / 512);
}

static void doGetattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)inode, (void)file;
    struct stat info;
    fill(&info);
    fuse_reply_attr(request, &info, 1e9);
}

static void doSetattr(fuse_req_t request, fuse_ino_t inode, struct stat *to, int set,
                      struct fuse_file_info *file) {
    (void)to, (void)set;
    doGetattr(request, inode, file);
}

static void doOpen(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)inode;
    file->direct_io = 1;
    fuse_reply_open(request, file);
}

static void doRead(fuse_req_t request, fuse_ino_t inode, size_t length, off_t offset,
                   struct fuse_file_info *file) {
    (void)inode, (void)file;
    int error;
    if (isHit('r', reads++, &error)) { fuse_reply_err(request, error); return; }
    if (length > LARGEST) length = LARGEST;
    ssize_t got = pread(disk, readBytes, length, offset);
    if (got < 0) fuse_reply_err(request, errno);
    else fuse_reply_buf(request, readBytes, (size_t)got);
}

static int counts(const char *block) {
    if (!wanted) return 1;
    for (size_t i = 0; i < wantedBlocks; i++)
        if (!memcmp(wanted + i * BLOCK, block, BLOCK)) return !excepted;
    return excepted;
}

static void carryOut(const char *bytes, size_t length, off_t offset) {
    if (!length) return;
    if (pwrite(disk, bytes, length, offset) != (ssize_t)length) die("the disk's own file");
    note('W', (uint64_t)offset, length, bytes);
}

static void doWrite(fuse_req_t request, fuse_ino_t inode, const char *bytes, size_t length,
                    off_t offset, struct fuse_file_info *file) {
    (void)inode, (void)file;
    int error;
    if (isHit('w', writes++, &error)) { fuse_reply_err(request, error); return; }
    if (length > LARGEST) { errno = EFBIG; die("a write"); }
    memcpy(scratch, bytes, length);
    size_t from = 0;
    // Blocks of the disk; what is smaller than one, or goes over its end, is no block of a file.
    if (offset % BLOCK == 0)
        for (size_t at = 0; at + BLOCK <= length; at += BLOCK) {
            if (!counts(bytes + at)) continue;
            uint64_t number = blocks++;
            if (isHit('c', number, NULL)) scratch[at + number * 37 % 16] ^= 0x40;
            if (isHit('d', number, NULL)) {
                carryOut(scratch + from, at - from, offset + (off_t)from);
                from = at + BLOCK;
            }
        }
    carryOut(scratch + from, length - from, offset + (off_t)from);
    fuse_reply_write(request, length);
}

static void doFsync(fuse_req_t request, fuse_ino_t inode, int data, struct fuse_file_info *file) {
    (void)inode, (void)data, (void)file;
    int error;
    if (isHit('f', flushes++, &error)) { fuse_reply_err(request, error); return; }
    note('F', 0, 0, NULL);
    fuse_reply_err(request, 0);
}

static void doFlush(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)inode, (void)file;
    fuse_reply_err(request, 0);
}

static void doFallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length,
                        struct fuse_file_info *file) {
    (void)inode, (void)mode, (void)file;
    // Discards and writes of zeros: both leave zeros here.
    if (fallocate(disk, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length)) {
        fuse_reply_err(request, errno);
        return;
    }
    note('D', (uint64_t)offset, (uint64_t)length, NULL);
    fuse_reply_err(request, 0);
}

static void doStatfs(fuse_req_t request, fuse_ino_t inode) {
    (void)inode;
    struct statvfs info = {.f_bsize = BLOCK, .f_frsize = BLOCK, .f_namemax = 255};
    fuse_reply_statfs(request, &info);
}

static void doInit(void *user, struct fuse_conn_info *connection) {
    (void)user;
    connection->max_write = connection->max_read = LARGEST;
    connection->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE);
}

static void load(const char *path, int others) {
    excepted = others;
    free(wanted);
    wanted = NULL;
    wantedBlocks = 0;
    FILE *file = fopen(path, "re");
    struct stat info;
    if (!file || fstat(fileno(file), &info)) die(path);
    wantedBlocks = (size_t)info.st_size / BLOCK;
    wanted = malloc(wantedBlocks * BLOCK + 1);
    if (!wanted || fread(wanted, BLOCK, wantedBlocks, file) != wantedBlocks) die(path);
    fclose(file);
}

// One line of the caller's.
static void obey(char *line) {
    char path[4096];
    line[strcspn(line, "\n")] = 0;
    if (!strcmp(line, "count")) {
        printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", writes, flushes,
               reads, blocks, hits);
        fflush(stdout);
        return;
    }
    int next = ruleCount;
    if (!strcmp(line, "clear")) {
        ruleCount = 0;
        free(wanted);
        wanted = NULL;
    } else if (sscanf(line, "only %4095[^\n]", path) == 1) load(path, 0);
    else if (sscanf(line, "except %4095[^\n]", path) == 1) load(path, 1);
    else if (next < RULES && sscanf(line, "rule %c %" SCNu64 " %" SCNu64 " %d", &rules[next].kind,
                                    &rules[next].from, &rules[next].count,
                                    &rules[next].error) == 4 && strchr("wfrdc", rules[next].kind))
        ruleCount++;
    else { fprintf(stderr, "blockdisk: “%s” is not known\n", line); exit(64); }
    writes = flushes = reads = blocks = hits = 0;
    puts("done");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 4) { fprintf(stderr, "blockdisk: see its first lines\n"); return 64; }
    disk = open(argv[1], O_RDWR | O_CLOEXEC);
    logFile = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    struct stat info;
    if (disk < 0 || logFile < 0 || fstat(disk, &info)) die("opening");
    size = (uint64_t)info.st_size;
    const struct fuse_lowlevel_ops operations = {
        .init = doInit, .getattr = doGetattr, .setattr = doSetattr, .open = doOpen, .read = doRead,
        .write = doWrite, .fsync = doFsync, .flush = doFlush, .fallocate = doFallocate,
        .statfs = doStatfs};
    char *options[] = {argv[0], "-o", "allow_other,max_read=1048576"};
    struct fuse_args arguments = FUSE_ARGS_INIT(3, options);
    struct fuse_session *session =
        fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (!session || fuse_session_mount(session, argv[3])) die("mounting");
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdin, NULL, _IONBF, 0);
    puts("ready");
    fflush(stdout);
    struct fuse_buf buffer = {.mem = NULL};
    struct pollfd both[2] = {{.fd = fuse_session_fd(session), .events = POLLIN},
                             {.fd = STDIN_FILENO, .events = POLLIN}};
    while (!fuse_session_exited(session)) {
        if (poll(both, 2, -1) < 0 && errno != EINTR) break;
        if (both[0].revents) {
            int got = fuse_session_receive_buf(session, &buffer);
            if (got == -EINTR) continue;
            if (got <= 0) break;
            fuse_session_process_buf(session, &buffer);
        } else if (both[1].revents) {
            char line[8192];
            if (!fgets(line, sizeof line, stdin)) break;
            obey(line);
        }
    }
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    return 0;
}
