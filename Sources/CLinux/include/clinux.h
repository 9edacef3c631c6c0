// The few Linux file calls and constants that Swift's Glibc module does not show without
// _GNU_SOURCE. Thin: each function is the call of its name and sets errno as the call does.
#ifndef NACELLE_CLINUX_H
#define NACELLE_CLINUX_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The name of what readdir gave. Its field has room for 256 bytes, and the entry often has fewer: it
// is not to be copied whole.
const char *_Nonnull clinux_entry_name(const struct dirent *_Nonnull entry);
int clinux_syncfs(int fd);
int clinux_fallocate(int fd, int64_t length);
int clinux_o_direct(void);
int clinux_o_path(void);
int clinux_sync_file_range_start(int fd, int64_t offset, int64_t length);
// Asks the kernel to drop a file's clean pages from the page cache.
int clinux_drop_cache(int fd);
// Pages of the file that are resident in the page cache, or -1 with errno.
int64_t clinux_resident_pages(int fd, int64_t length);
// 1 where the file lives in memory alone (tmpfs, ramfs), 0 where it does not, -1 with errno.
int clinux_volatile(int fd);
// Effective identity of the whole process; the saved ids stay root so that a child can regain it.
int clinux_become(uid_t uid, gid_t gid);
// Whether the process is root, or became another user from which a child can regain root.
int clinux_regains_root(void);
#endif
