#pragma once
#include <stdint.h>
// Not a part of Swift's Glibc module.
#include <sys/epoll.h>
#include <sys/types.h>

/// A descriptor of the caller and the number that it gets in the new process.
struct cspawn_descriptor {
    int from;
    int to;
};

/// Starts `path` in a session of its own with only the given descriptors open, no signal blocked and every signal at its default.
/// Descriptors 0 to 2 that are not given are /dev/null. Returns 0 or an errno, and the process in `*pid`.
int cspawn_detached(const char *path, char *const argv[], char *const envp[], const struct cspawn_descriptor *descriptors, int count, pid_t *pid);

/// Makes a child that waits for a byte on `gate` (end of file: it exits) and then becomes `path`. It is killed when the calling thread dies.
/// Every descriptor but the given ones is closed in it; `oom_score` is written to its oom_score_adj; it can't gain rights by an exec. With `isolate` it is
/// the first process of a pid and an ipc namespace of its own. An exec that fails writes its errno, as an int, to `report`. Only for a caller with one
/// thread. Returns the process or -errno.
pid_t cspawn_gated_child(const char *path, char *const argv[], char *const envp[], const struct cspawn_descriptor *descriptors, int count, int gate,
                         int report, int oom_score, int isolate);

/// 1 when this process may make namespaces.
int cspawn_may_isolate(void);

/// A descriptor that becomes readable when the process ends, or -errno.
int cspawn_pidfd(pid_t pid);

/// Sends a signal through a pidfd: never to another process that got the same number. Returns 0 or an errno.
int cspawn_signal(int pidfd, int signal);

/// Field 22 of /proc/PID/stat, in clock ticks since boot; 0 when there is no such process or it is a zombie.
uint64_t cspawn_start_time(pid_t pid);

/// CLOCK_BOOTTIME in nanoseconds.
uint64_t cspawn_boot_time(void);

/// A descriptor that becomes readable at a moment of CLOCK_BOOTTIME, once `cspawn_boot_timer_set` has named one; or -errno.
int cspawn_boot_timer(void);
int cspawn_boot_timer_set(int timer, uint64_t nanoseconds);

/// Sets after how many seconds without a word the watchdog resets the machine. Returns what the driver took, or -errno.
int cspawn_watchdog_timeout(int watchdog, int seconds);

/// Makes a tap device that is gone when the last descriptor of it is closed. Returns its descriptor or -errno.
int cspawn_tap(const char *name);

/// 1 when the path lies in a filesystem that is memory, 0 when it does not, or -errno.
int cspawn_is_memory(const char *path);

/// Takes an exclusive lock that lives as long as the open file and is not inherited over exec. Returns 0 or an errno (EAGAIN: held).
int cspawn_lock(int descriptor);

/// Closing alone is not enough while a child between fork and exec still has the open file.
void cspawn_unlock(int descriptor);

/// 1 when another open file holds the lock of cspawn_lock, 0 when none does, or -errno.
int cspawn_is_locked(int descriptor);
