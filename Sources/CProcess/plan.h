// What plan.c builds and spawn.c reads.
#ifndef NACELLE_CPROCESS_PLAN_H
#define NACELLE_CPROCESS_PLAN_H

#include "cprocess.h"

struct strings {
    char **items;  // ends in NULL
    size_t count;
};

struct cprocess_plan {
    char *directory;
    struct strings arguments;  // the first is the executable's path
    struct strings environment;
    struct strings read_only;
    gid_t *groups;
    size_t group_count;
    int keep;
    int as;
    uid_t user;
    gid_t group;
    int limited[CPROCESS_LIMITS];
    uint64_t limits[CPROCESS_LIMITS];
    char *work;
    char *work_options;
    int capture;
    mode_t mask;
    int no_new_privileges;
    int oom_first;
    int old_mounts;
};
#endif
