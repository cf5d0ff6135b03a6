#define _GNU_SOURCE
#include "CSpawn.h"
#include "Root.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/magic.h>
#include <linux/watchdog.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Above every descriptor that is asked for, so that moving one never overwrites another that is still to be moved.
enum { PARKING = 1000, MAXIMUM = 64 };

int cspawn_detached(const char *path, char *const argv[], char *const envp[], const struct cspawn_descriptor *descriptors, int count, pid_t *pid) {
    if (count > MAXIMUM) return EINVAL;
    int parked[MAXIMUM];
    int used = 0, result = 0, highest = 2;
    for (; used < count; used++) {
        parked[used] = fcntl(descriptors[used].from, F_DUPFD_CLOEXEC, PARKING);
        if (parked[used] < 0) {
            result = errno;
            goto parked_only;
        }
        if (descriptors[used].to > highest) highest = descriptors[used].to;
    }
    posix_spawn_file_actions_t actions;
    if ((result = posix_spawn_file_actions_init(&actions))) goto parked_only;
    posix_spawnattr_t attributes;
    if ((result = posix_spawnattr_init(&attributes))) goto actions_only;
    for (int standard = 0; standard <= 2; standard++) {
        if ((result = posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0))) goto done;
    }
    for (int index = 0; index < count; index++) {
        if ((result = posix_spawn_file_actions_adddup2(&actions, parked[index], descriptors[index].to))) goto done;
    }
    if ((result = posix_spawn_file_actions_addclosefrom_np(&actions, highest + 1))) goto done;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if ((result = posix_spawnattr_setsigmask(&attributes, &none))) goto done;
    if ((result = posix_spawnattr_setsigdefault(&attributes, &all))) goto done;
    if ((result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))) goto done;
    result = posix_spawn(pid, path, &actions, &attributes, argv, envp);
done:
    posix_spawnattr_destroy(&attributes);
actions_only:
    posix_spawn_file_actions_destroy(&actions);
parked_only:
    while (used > 0) close(parked[--used]);
    return result;
}

static void write_oom_score(int score) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    char text[16];
    int length = snprintf(text, sizeof text, "%d", score);
    if (write(file, text, (size_t)length) < 0) { /* Raising it back needs no right, and a refusal leaves the inherited score. */
    }
    close(file);
}

// Armed anew where the user changed: the kernel forgets the signal then.
static int die_with(int parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
    // Whether the parent lived when the signal was armed; its number means nothing in another pid namespace.
    struct pollfd alive = {.fd = parent, .events = POLLIN};
    if (poll(&alive, 1, 0) != 0) _exit(0);
    return 0;
}

static int limit(int what, uint64_t most) { return most == 0 ? 0 : setrlimit(what, &(struct rlimit){.rlim_cur = most, .rlim_max = most}); }

// Returns what could not be done, with its errno; or not at all.
static const char *become(const char *path, char *const argv[], char *const envp[], const struct cspawn_descriptor *descriptors, int count, int gate,
                          int report, int oom_score, const struct cspawn_confinement *held, int parent) {
    if (die_with(parent) != 0) return "hold it to its cage";
    write_oom_score(oom_score);
    // A dump would be the guest's memory.
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){0}) != 0) return "forbid a core dump";
    if (held->root) {
        const char *failed = cspawn_enter_root(held);
        if (failed) return failed;
    } else if (held->home && chdir(held->home) != 0) {
        return held->home;
    }
    if (held->user) {
        const char *failed = cspawn_drop_rights(held->user);
        if (failed) return failed;
        if (die_with(parent) != 0) return "hold it to its cage";
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "keep it from new rights";
    char go;
    ssize_t got;
    do got = read(gate, &go, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(0);
    int parked[MAXIMUM], highest = 2;
    for (int index = 0; index < count; index++) {
        if ((parked[index] = fcntl(descriptors[index].from, F_DUPFD_CLOEXEC, PARKING)) < 0) return "give it its descriptors";
        if (descriptors[index].to > highest) highest = descriptors[index].to;
    }
    int reserved = fcntl(report, F_DUPFD_CLOEXEC, PARKING);
    for (int index = 0; index < count; index++) {
        if (dup2(parked[index], descriptors[index].to) < 0) return "give it its descriptors";
    }
    if (close_range((unsigned)highest + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0 || dup2(reserved, report) < 0) return "close what is not its own";
    fcntl(report, F_SETFD, FD_CLOEXEC);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    // A write beyond the limit is an error of the disk then, and not the end of the VMM.
    if (held->file_size) signal(SIGXFSZ, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (limit(RLIMIT_FSIZE, held->file_size) || limit(RLIMIT_NOFILE, held->files) || limit(RLIMIT_NPROC, held->processes)) return "limit it";
    execve(path, argv, envp);
    return path;
}

// A fork into namespaces of its own: with a pid namespace the child is the first there, and all that it may have started ends with it.
static pid_t isolated_fork(unsigned long namespaces) { return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, 0UL); }

int cspawn_may_isolate(void) {
    pid_t child = isolated_fork(CLONE_NEWPID | CLONE_NEWIPC);
    if (child < 0) return 0;
    if (child == 0) _exit(0);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return 1;
}

const char *cspawn_why_unconfined(uid_t user) {
    static const char *const steps[] = {"mount a root of its own", "make its devices", "become another user"};
    pid_t child = isolated_fork(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET);
    if (child < 0) return "make namespaces";
    if (child == 0) _exit(cspawn_try_root(user));
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    int step = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    return step == 0 ? NULL : steps[step >= 1 && step <= 3 ? step - 1 : 0];
}

pid_t cspawn_gated_child(const char *path, char *const argv[], char *const envp[], const struct cspawn_descriptor *descriptors, int count, int gate,
                         int report, int oom_score, const struct cspawn_confinement *held) {
    if (count > MAXIMUM) return -EINVAL;
    for (int index = 0; index < count; index++) {
        if (descriptors[index].to >= report) return -EINVAL;
    }
    int parent = cspawn_pidfd(getpid());
    if (parent < 0) return parent;
    unsigned long namespaces = held->isolate ? CLONE_NEWPID | CLONE_NEWIPC : 0;
    if (held->root) namespaces |= CLONE_NEWNS;
    if (held->network) namespaces |= CLONE_NEWNET;
    pid_t child = namespaces ? isolated_fork(namespaces) : fork();
    int failed = errno;
    if (child != 0) close(parent);
    if (child < 0) return -failed;
    if (child > 0) return child;
    const char *what = become(path, argv, envp, descriptors, count, gate, report, oom_score, held, parent);
    struct cspawn_refusal refusal = {.why = errno};
    strncpy(refusal.what, what, sizeof refusal.what - 1);
    if (write(report, &refusal, sizeof refusal) < 0) _exit(126);
    _exit(127);
}

int cspawn_pidfd(pid_t pid) {
    int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int cspawn_signal(int pidfd, int signal) { return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? errno : 0; }

uint64_t cspawn_start_time(pid_t pid) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    // The command's name may hold blanks and brackets; the last bracket ends it.
    char *rest = strrchr(text, ')');
    if (!rest || rest[1] != ' ' || rest[2] == 'Z' || rest[2] == 'X') return 0;
    char *field = rest + 2;
    for (int skipped = 3; skipped < 22; skipped++) {
        field = strchr(field, ' ');
        if (!field) return 0;
        field++;
    }
    return strtoull(field, NULL, 10);
}

uint64_t cspawn_boot_time(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) return UINT64_MAX;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int cspawn_boot_timer(void) {
    int timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return timer < 0 ? -errno : timer;
}

int cspawn_boot_timer_set(int timer, uint64_t nanoseconds) {
    // Nothing at all would disarm it.
    if (nanoseconds == 0) nanoseconds = 1;
    struct itimerspec at = {.it_value = {.tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? errno : 0;
}

int cspawn_watchdog_timeout(int watchdog, int seconds) {
    return ioctl(watchdog, WDIOC_SETTIMEOUT, &seconds) < 0 ? -errno : seconds;
}

int cspawn_is_memory(const char *path) {
    struct statfs status;
    if (statfs(path, &status) != 0) return -errno;
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

int cspawn_tap(const char *name) {
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
    strcpy(request.ifr_name, name);
    int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (device < 0) return -errno;
    if (ioctl(device, TUNSETIFF, &request) < 0) {
        int why = errno;
        close(device);
        return -why;
    }
    return device;
}

int cspawn_limit_file_size(pid_t pid, uint64_t bytes) {
    return prlimit(pid, RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = bytes, .rlim_max = bytes}, NULL) < 0 ? errno : 0;
}

long cspawn_send_descriptor(int socket, const void *bytes, size_t count, int descriptor) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {0};
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

int cspawn_lock_byte(int descriptor, long place) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    return fcntl(descriptor, F_OFD_SETLK, &lock) < 0 ? errno : 0;
}

int cspawn_lock(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &lock) < 0 ? errno : 0;
}

void cspawn_unlock(int descriptor) {
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    fcntl(descriptor, F_OFD_SETLK, &lock);
}

int cspawn_is_locked(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_OFD_GETLK, &lock) < 0) return -errno;
    return lock.l_type != F_UNLCK;
}
