// What Linux offers and Swift's Glibc module leaves out or can't call.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>
#include <linux/magic.h>

// `flock` is a struct and a function in C; Swift picks the struct.
static inline int slipway_flock(int descriptor, int operation) { return flock(descriptor, operation); }

// The exit status macros of wait(2) are no constants.
static inline int slipway_exited(int status) { return WIFEXITED(status); }
static inline int slipway_exit_code(int status) { return WEXITSTATUS(status); }
static inline int slipway_exit_signal(int status) { return WTERMSIG(status); }

// Variadic in C.
static inline int slipway_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}
static inline int slipway_duplicate_above(int descriptor, int lowest) { return fcntl(descriptor, F_DUPFD_CLOEXEC, lowest); }

// An attribute of a file that says yes with a 1.
static inline bool slipway_has_attribute(const char *path, const char *name) {
    char value = 0;
    return getxattr(path, name, &value, 1) == 1 && value == '1';
}

// Shown with _DEFAULT_SOURCE or _GNU_SOURCE only.
int pipe2(int ends[2], int flags);
int pthread_setname_np(pthread_t thread, const char *name);
int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *folder);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int lowest);

// Sets of signals are macros or need a pointer to an uninitialised struct.
static inline void slipway_spawn_defaults(posix_spawnattr_t *attributes, int new_session) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    // POSIX_SPAWN_SETSID, which glibc shows only with _GNU_SOURCE; with that, Swift's own Glibc module would differ from this one.
    if (new_session) flags |= 0x80;
    posix_spawnattr_setflags(attributes, flags);
}

// copy_file_range(2), or through a small buffer where the two file systems can't.
static inline ssize_t slipway_copy_range(int from, int to, size_t most) {
    ssize_t count = syscall(SYS_copy_file_range, from, (void *)0, to, (void *)0, most, 0);
    if (count >= 0 || (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)) return count;
    char buffer[65536];
    count = read(from, buffer, sizeof buffer);
    for (ssize_t done = 0; done < count;) {
        ssize_t written = write(to, buffer + done, (size_t)(count - done));
        if (written < 0) return -1;
        done += written;
    }
    return count;
}

// The array in the struct is longer than most entries are: Swift would copy what lies behind them.
static inline const char *slipway_entry_name(const struct dirent *entry) { return entry->d_name; }

// syscall(2) is variadic.
static inline int slipway_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int slipway_pidfd_send_signal(int descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, (void *)0, 0);
}
// O_PATH is shown with _GNU_SOURCE only.
static inline int slipway_path_only(void) { return 010000000; }
// openat2(2) has no wrapper. What leads out of the folder, or through any link, is refused by the kernel itself.
static inline int slipway_open_beneath(int folder, const char *path, int flags, unsigned mode) {
    // struct open_how; its header would bring declarations of glibc's into this module that belong in Swift's own.
    const struct { uint64_t flags, mode, resolve; } how = {
        (uint64_t)(unsigned)flags,
        (flags & O_CREAT) ? mode : 0,
        0x08 | 0x04 | 0x02, // RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS
    };
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}
// The same, one name after the other, where openat2(2) is refused as a whole: by kernels before 5.6, and by filters that can't see its arguments
// (systemd's RestrictSUIDSGID). A name that is no link and isn't `..` leads nowhere else.
static inline int slipway_open_steps(int folder, const char *path, int flags, unsigned mode) {
    int current = folder;
    for (;;) {
        char name[256];
        size_t length = strcspn(path, "/");
        int is_last = path[length] == 0;
        int next = -1;
        if (length == 0 || length >= sizeof name) {
            errno = length ? ENAMETOOLONG : EXDEV;
        } else {
            memcpy(name, path, length);
            name[length] = 0;
            if (strcmp(name, "..") == 0) {
                errno = EXDEV;
            } else if (is_last) {
                next = openat(current, name, flags | O_NOFOLLOW, mode);
            } else {
                next = openat(current, name, slipway_path_only() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            }
        }
        int number = errno;
        if (current != folder) close(current);
        errno = number;
        if (next < 0 || is_last) return next;
        current = next;
        path += length + 1;
    }
}
// renameat2(2), shown with _GNU_SOURCE only: fails when something has the new name.
static inline int slipway_rename_new(int from, const char *name, int to, const char *target) {
    return (int)syscall(SYS_renameat2, from, name, to, target, 1u /* RENAME_NOREPLACE */);
}

// memfd_create(2), shown with _GNU_SOURCE only.
static inline int slipway_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */); }

// The type of the answer, struct ucred, is shown with _GNU_SOURCE only: process, user and group.
static inline long slipway_peer_user(int descriptor) {
    struct { int process; unsigned user; unsigned group; } peer = {0, 0, 0};
    socklen_t length = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? (long)peer.user : -1;
}

// epoll(7): the struct of an event is packed and holds a union, of which Swift would read unaligned members.
static inline int slipway_epoll_make(void) { return epoll_create1(EPOLL_CLOEXEC); }
// Told once when the descriptor can be read or was hung up, then silent until asked again.
static inline int slipway_epoll_ask(int set, int descriptor, uint64_t key, int again) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data = {.u64 = key}};
    return epoll_ctl(set, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
}
static inline int slipway_epoll_forget(int set, int descriptor) { return epoll_ctl(set, EPOLL_CTL_DEL, descriptor, (void *)0); }
// Waits, and puts the keys of what is ready into `keys`, at most 64.
static inline int slipway_epoll_wait(int set, uint64_t keys[64]) {
    struct epoll_event events[64];
    int count = epoll_wait(set, events, 64, -1);
    for (int index = 0; index < count; index++) keys[index] = events[index].data.u64;
    return count;
}
// As much as Swift needs of an event that has a tag and not only a key, at most 256 at once.
struct slipway_event { uint64_t tag; uint32_t events; };
static inline int slipway_epoll_control(int set, int operation, int descriptor, uint64_t tag, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.u64 = tag}};
    return epoll_ctl(set, operation, descriptor, &event);
}
static inline int slipway_epoll_events(int set, struct slipway_event *found, int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(set, events, 256, milliseconds);
    for (int index = 0; index < count; index++) found[index] = (struct slipway_event){events[index].data.u64, events[index].events};
    return count;
}

// glibc keeps 7 freed pieces of each size from 24 bytes to 1032 for a thread. The compiler must not see that nobody reads the zeros.
static inline void slipway_overwrite_freed(void) {
    void *pieces[7];
    for (size_t size = 24; size <= 1032; size += 16) {
        for (int index = 0; index < 7; index++) {
            pieces[index] = malloc(size);
            if (pieces[index] != NULL) memset(pieces[index], 0, size);
            __asm__ volatile("" : : "r"(pieces[index]) : "memory");
        }
        for (int index = 0; index < 7; index++) free(pieces[index]);
    }
}

// Landlock, landlock(7), whose calls glibc doesn't have, and whose scopes Debian 12's headers don't: since ABI 6, Linux 6.12.
static inline long slipway_landlock_abi(void) { return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1 /* its version */); }

// The calling thread, and what it starts, connects to no abstract Unix socket of anybody else's from now on. 0, or an error's number.
static inline int slipway_scope_thread(void) {
    struct { uint64_t files, ports, scopes; } rules = {0, 0, 1 /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET */};
    int descriptor = (int)syscall(444, &rules, sizeof rules, 0);
    if (descriptor < 0) return errno;
    long failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (failed == 0) failed = syscall(446 /* landlock_restrict_self */, descriptor, 0);
    int number = failed == 0 ? 0 : errno;
    close(descriptor);
    return number;
}
