#define _GNU_SOURCE
#include "Root.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Of directories and places to mount over: it holds no data.
static const char *const room = "mode=0755,size=1m,nr_inodes=1024";

// The directories above a path in the new root.
static int make_parents(char *path, size_t from) {
    for (char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int failed = mkdir(path, 0755) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed) return -1;
    }
    return 0;
}

static int place_of(char *place, const char *root, const char *path) {
    int length = snprintf(place, PATH_MAX, "%s%s", root, path);
    if (path[0] != '/' || length >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return make_parents(place, strlen(root));
}

static int show(const char *root, const char *path) {
    char place[PATH_MAX];
    struct stat facts;
    if (place_of(place, root, path) != 0 || stat(path, &facts) != 0) return -1;
    if (S_ISDIR(facts.st_mode)) {
        if (mkdir(place, 0755) != 0 && errno != EEXIST) return -1;
    } else {
        int file = open(place, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (file < 0) return -1;
        close(file);
    }
    if (mount(path, place, NULL, MS_BIND, NULL) != 0) return -1;
    return mount(NULL, place, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
}

static int make_device(const char *root, const char *path, uid_t user) {
    char place[PATH_MAX];
    struct stat facts;
    if (place_of(place, root, path) != 0 || stat(path, &facts) != 0) return -1;
    if (!S_ISCHR(facts.st_mode)) {
        errno = ENODEV;
        return -1;
    }
    if (mknod(place, S_IFCHR | 0600, facts.st_rdev) != 0) return -1;
    return chown(place, user, user);
}

const char *cspawn_enter_root(const struct cspawn_confinement *held) {
    umask(022);
    // What is mounted here is seen by nobody else.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return "leave the node's mounts";
    if (mount("berth", held->root, "tmpfs", MS_NOSUID | MS_NOEXEC, room) != 0) return held->root;
    for (const char *const *path = held->reads; *path; path++) {
        if (show(held->root, *path) != 0) return *path;
    }
    for (const char *const *path = held->devices; *path; path++) {
        if (make_device(held->root, *path, held->user) != 0) return *path;
    }
    if (show(held->root, held->home) != 0) return held->home;
    // The old root is laid over the new one, and then taken away.
    if (chdir(held->root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0) return "change its root";
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL) != 0) return "close its root";
    umask(077);
    return chdir(held->home) == 0 ? NULL : held->home;
}

const char *cspawn_drop_rights(uid_t user) {
    // Beyond the last one the kernel says that it knows none.
    for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++) {
    }
    if (errno != EINVAL) return "drop its capabilities";
    // With the user go the capabilities that it has.
    if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0) return "become a user of its own";
    return NULL;
}

int cspawn_try_root(uid_t user) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("berth", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, room) != 0) return 1;
    // The number of /dev/null.
    if (mknod("/dev/berth", S_IFCHR | 0600, makedev(1, 3)) != 0 || chown("/dev/berth", user, user) != 0) return 2;
    return cspawn_drop_rights(user) ? 3 : 0;
}
