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

/// What a child is held to. Nothing (0, NULL) leaves it as its parent is.
struct cspawn_confinement {
    /// The first process of a pid and an ipc namespace of its own.
    int isolate;
    /// In a network namespace of its own, in which there is nothing.
    int network;
    /// An empty directory, over which its root is made: a file system in memory that holds `home`, `reads` and `devices` at the places that they have
    /// here, and nothing else. Read-only throughout.
    const char *root;
    /// Its working directory, absolute.
    const char *home;
    /// Absolute paths of files and directories; the list ends with NULL.
    const char *const *reads;
    /// Absolute paths of character devices, which are made anew as its user's own; the list ends with NULL.
    const char *const *devices;
    /// User and group that it becomes, without any capability.
    uid_t user;
    /// Most bytes of a file that it writes, descriptors, and processes of its user.
    uint64_t file_size;
    uint64_t files;
    uint64_t processes;
};

/// What a child writes to its report instead of becoming what it should.
struct cspawn_refusal {
    int why;
    char what[124];
};

/// Makes a child that waits for a byte on `gate` (end of file: it exits) and then becomes `path`. It is killed when the calling thread dies.
/// Every descriptor but the given ones is closed in it; `oom_score` is written to its oom_score_adj; it can't gain rights by an exec. What fails is
/// written as a `cspawn_refusal` to `report`. Only for a caller with one thread. Returns the process or -errno.
pid_t cspawn_gated_child(const char *path, char *const argv[], char *const envp[], const struct cspawn_descriptor *descriptors, int count, int gate,
                         int report, int oom_score, const struct cspawn_confinement *held);

/// 1 when this process may make namespaces.
int cspawn_may_isolate(void);

/// NULL when this process may give a child a root and a user of its own, else what it can't do.
const char *cspawn_why_unconfined(uid_t user);

/// Sets the most bytes of a file that the process writes. Returns 0 or an errno.
int cspawn_limit_file_size(pid_t pid, uint64_t bytes);

/// Sends bytes with a descriptor beside them. Returns how many bytes went, or -1.
long cspawn_send_descriptor(int socket, const void *bytes, size_t count, int descriptor);

/// Like cspawn_lock, of one byte of the file, which need not be there.
int cspawn_lock_byte(int descriptor, long place);

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
