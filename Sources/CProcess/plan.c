#define _GNU_SOURCE
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int append(struct strings *strings, const char *text) {
    char **items = realloc(strings->items, (strings->count + 2) * sizeof *items);
    if (items == NULL) return -1;
    strings->items = items;
    char *copy = strdup(text);
    items[strings->count] = copy;
    if (copy == NULL) return -1;
    items[++strings->count] = NULL;
    return 0;
}

static void drop(struct strings *strings) {
    for (size_t n = 0; n < strings->count; n++) free(strings->items[n]);
    free(strings->items);
}

cprocess_plan *cprocess_plan_new(const char *executable, const char *directory) {
    cprocess_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return NULL;
    plan->directory = strdup(directory);
    plan->environment.items = calloc(1, sizeof(char *));
    plan->read_only.items = calloc(1, sizeof(char *));
    plan->mask = 022;
    plan->user = geteuid();
    plan->group = getegid();
    if (plan->directory == NULL || plan->environment.items == NULL ||
        plan->read_only.items == NULL || append(&plan->arguments, executable) != 0) {
        cprocess_plan_free(plan);
        errno = ENOMEM;
        return NULL;
    }
    return plan;
}

void cprocess_plan_free(cprocess_plan *plan) {
    if (plan == NULL) return;
    free(plan->directory);
    free(plan->groups);
    free(plan->work);
    free(plan->work_options);
    drop(&plan->arguments);
    drop(&plan->environment);
    drop(&plan->read_only);
    free(plan);
}

int cprocess_plan_argument(cprocess_plan *plan, const char *argument) {
    return append(&plan->arguments, argument);
}

int cprocess_plan_variable(cprocess_plan *plan, const char *assignment) {
    return append(&plan->environment, assignment);
}

int cprocess_plan_read_only(cprocess_plan *plan, const char *path) {
    return append(&plan->read_only, path);
}

int cprocess_plan_group(cprocess_plan *plan, gid_t group) {
    gid_t *groups = realloc(plan->groups, (plan->group_count + 1) * sizeof *groups);
    if (groups == NULL) return -1;
    groups[plan->group_count++] = group;
    plan->groups = groups;
    return 0;
}

int cprocess_plan_work(
    cprocess_plan *plan, const char *path, uint64_t bytes, uint64_t entries, uid_t user,
    gid_t group) {
    free(plan->work);
    free(plan->work_options);
    plan->work_options = NULL;
    plan->work = strdup(path);
    if (plan->work == NULL) return -1;
    // Formatted here: nothing may be formatted between clone and exec.
    return asprintf(
               &plan->work_options, "size=%llu,nr_inodes=%llu,mode=0770,uid=%u,gid=%u",
               (unsigned long long)bytes, (unsigned long long)entries, user, group) < 0
               ? -1
               : 0;
}

void cprocess_plan_old_mounts(cprocess_plan *plan) { plan->old_mounts = 1; }

void cprocess_plan_keep(cprocess_plan *plan, int how) { plan->keep = how; }

void cprocess_plan_identity(cprocess_plan *plan, int as, uid_t user, gid_t group) {
    plan->as = as;
    plan->user = user;
    plan->group = group;
}

void cprocess_plan_limit(cprocess_plan *plan, int which, uint64_t value) {
    if (which < 0 || which >= CPROCESS_LIMITS) return;
    plan->limited[which] = 1;
    plan->limits[which] = value;
}

void cprocess_plan_settings(
    cprocess_plan *plan, int capture, mode_t mask, int no_new_privileges, int oom_first) {
    plan->capture = capture;
    plan->mask = mask;
    plan->no_new_privileges = no_new_privileges;
    plan->oom_first = oom_first;
}
