#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

const char *clinux_entry_name(const struct dirent *entry) { return entry->d_name; }

int clinux_syncfs(int fd) { return syncfs(fd); }

int clinux_fallocate(int fd, int64_t length) { return fallocate(fd, 0, 0, length); }

int clinux_o_direct(void) { return O_DIRECT; }

int clinux_o_path(void) { return O_PATH; }

int clinux_sync_file_range_start(int fd, int64_t offset, int64_t length) {
    return sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

int clinux_drop_cache(int fd) {
    int error = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (error != 0) errno = error;
    return error == 0 ? 0 : -1;
}

int64_t clinux_resident_pages(int fd, int64_t length) {
    // In windows, so that a huge file needs no huge vector.
    const int64_t window = 64 << 20;
    const int64_t page = sysconf(_SC_PAGESIZE);
    int64_t resident = 0;
    unsigned char *vector = malloc((size_t)(window / page));
    if (vector == NULL) return -1;
    for (int64_t offset = 0; offset < length; offset += window) {
        int64_t part = length - offset < window ? length - offset : window;
        void *map = mmap(NULL, (size_t)part, PROT_READ, MAP_SHARED, fd, offset);
        if (map == MAP_FAILED) { free(vector); return -1; }
        int failed = mincore(map, (size_t)part, vector);
        int saved = errno;
        munmap(map, (size_t)part);
        if (failed != 0) { free(vector); errno = saved; return -1; }
        for (int64_t n = 0; n < (part + page - 1) / page; n++) resident += vector[n] & 1;
    }
    free(vector);
    return resident;
}

int clinux_volatile(int fd) {
    struct statfs status;
    if (fstatfs(fd, &status) != 0) return -1;
    // TMPFS_MAGIC and RAMFS_MAGIC of linux/magic.h.
    unsigned long type = (unsigned long)status.f_type & 0xffffffffUL;
    return type == 0x01021994UL || type == 0x858458f6UL;
}

int clinux_become(uid_t uid, gid_t gid) {
    if (setgroups(0, NULL) != 0) return -1;
    if (setresgid(gid, gid, 0) != 0) return -1;
    return setresuid(uid, uid, 0);
}

int clinux_regains_root(void) {
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) != 0) return 0;
    return real == 0 || effective == 0 || saved == 0;
}
