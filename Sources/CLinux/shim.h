// System calls for LinuxFiles and Threads.
//
// Why a shim: Swift cannot call variadic functions (`syscall`, `ioctl`, `openat`), cannot build structs with a
// flexible array (`struct file_handle`), and must not read `errno` after other code had a chance to run. So every
// function here
//   - returns a value >= 0 on success and `-errno` on failure,
//   - calls again after EINTR,
//   - opens descriptors close-on-exec.
// Where glibc hides a call behind _GNU_SOURCE, the raw system call is used: the module may be built without that macro.
#ifndef EDGE_PURGE_CLINUX_SHIM_H
#define EDGE_PURGE_CLINUX_SHIM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fanotify.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <termios.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000
#endif
#ifndef O_PATH
#define O_PATH __O_PATH
#endif

#define LINUX_RETRY(call) \
    ({ \
        long result_; \
        do { \
            result_ = (long)(call); \
        } while (result_ < 0 && errno == EINTR); \
        result_ < 0 ? -(long)errno : result_; \
    })

// ---- Opening, reading, writing ----

// Opens an absolute path or one relative to the working directory; follows symbolic links. For roots named by the
// operator.
static inline int linux_open_directory(const char *path) {
    return (int)LINUX_RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static inline int linux_open_create(const char *path, uint32_t mode) {
    return (int)LINUX_RETRY(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode));
}

// O_NONBLOCK: opening a FIFO must not wait for a writer.
static inline int linux_open_read(const char *path) {
    return (int)LINUX_RETRY(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Opens `path` below `directory`. No component may be a symbolic link and the path may not leave the directory, so
// whoever owns the tree cannot lead a privileged process elsewhere. O_NONBLOCK: a FIFO in the tree must not block the
// caller.
static inline int linux_open_beneath(int directory, const char *path, uint64_t flags) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    return (int)LINUX_RETRY(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

static inline int linux_open_file_for_reading(int directory, const char *path) {
    return linux_open_beneath(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

static inline int linux_open_file_for_updating(int directory, const char *path) {
    return linux_open_beneath(directory, path, O_RDWR | O_NONBLOCK | O_NOCTTY);
}

static inline int linux_open_directory_beneath(int directory, const char *path) {
    return linux_open_beneath(directory, path, O_RDONLY | O_DIRECTORY);
}

// For calls that only ask about the file; also opens a final symbolic link itself.
static inline int linux_open_without_access(int directory, const char *path) {
    return linux_open_beneath(directory, path, O_PATH);
}

static inline void linux_close(int descriptor) {
    // Never repeated: after EINTR Linux has closed the descriptor already.
    close(descriptor);
}

static inline long linux_read(int descriptor, void *buffer, size_t count) {
    return LINUX_RETRY(read(descriptor, buffer, count));
}

static inline long linux_pread(int descriptor, void *buffer, size_t count, int64_t offset) {
    return LINUX_RETRY(pread(descriptor, buffer, count, offset));
}

static inline long linux_pwrite(int descriptor, const void *buffer, size_t count, int64_t offset) {
    return LINUX_RETRY(pwrite(descriptor, buffer, count, offset));
}

// The kind bits (S_IFMT) of an open file's mode, and whether it is mounted on its name (see `struct linux_status`).
static inline int linux_file_kind(int descriptor, int *is_mount_root) {
    struct statx raw;
    long result = LINUX_RETRY(syscall(SYS_statx, descriptor, "", AT_EMPTY_PATH, STATX_TYPE, &raw));
    if (result < 0) return (int)result;
    *is_mount_root = (raw.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return (int)(raw.stx_mode & S_IFMT);
}

static inline int linux_unlink(int directory, const char *name) {
    return (int)LINUX_RETRY(unlinkat(directory, name, 0));
}

// Makes a file of a name that nothing has yet, in an open directory, for writing.
static inline int linux_create_in(int directory, const char *name) {
    return (int)LINUX_RETRY(openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)0600));
}

// Within one directory; what has the new name is replaced.
static inline int linux_rename_in(int directory, const char *from, const char *to) {
    return (int)LINUX_RETRY(syscall(SYS_renameat2, directory, from, directory, to, 0));
}

// Gives an open file the owner, the group and the permissions of another one.
static inline int linux_copy_access(int from, int to) {
    struct stat old, new;
    long result = LINUX_RETRY(fstat(from, &old));
    if (result == 0) result = LINUX_RETRY(fstat(to, &new));
    if (result == 0 && (old.st_uid != new.st_uid || old.st_gid != new.st_gid)) {
        result = LINUX_RETRY(fchown(to, old.st_uid, old.st_gid));
    }
    if (result == 0) result = LINUX_RETRY(fchmod(to, old.st_mode & 07777));
    return (int)result;
}

static inline int linux_make_directory(int directory, const char *name, uint32_t mode) {
    return (int)LINUX_RETRY(mkdirat(directory, name, (mode_t)mode));
}

// Whether there is a directory, or a symbolic link to one.
static inline bool linux_is_directory(const char *path) {
    struct stat status;
    return LINUX_RETRY(stat(path, &status)) == 0 && S_ISDIR(status.st_mode);
}

// Puts the content of a file, or the names in a directory, on the disk.
static inline int linux_sync(int descriptor) {
    return (int)LINUX_RETRY(fsync(descriptor));
}

// Puts everything of the filesystem that holds `descriptor` on the disk: all marks in cache files, whoever made them.
static inline int linux_sync_filesystem(int descriptor) {
    return (int)LINUX_RETRY(syscall(SYS_syncfs, descriptor));
}

static inline int linux_rename(const char *from, const char *to) {
    return (int)LINUX_RETRY(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

static inline int linux_truncate(int descriptor, int64_t size) {
    return (int)LINUX_RETRY(ftruncate(descriptor, size));
}

// Gives an open file the owner and the group of what is at `model`.
static inline int linux_copy_owner(int descriptor, const char *model) {
    struct stat status;
    long result = LINUX_RETRY(stat(model, &status));
    if (result < 0) return (int)result;
    return (int)LINUX_RETRY(fchown(descriptor, status.st_uid, status.st_gid));
}

// Whether other processes of the same user may look into this one: its memory, its environment, its descriptors.
static inline int linux_set_dumpable(bool may) {
    return (int)LINUX_RETRY(prctl(PR_SET_DUMPABLE, may ? 1L : 0L, 0L, 0L, 0L));
}

static inline int linux_is_dumpable(void) {
    return (int)LINUX_RETRY(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L));
}

static inline int linux_lock_exclusively(int descriptor) {
    return (int)LINUX_RETRY(flock(descriptor, LOCK_EX | LOCK_NB));
}

// One batch of directory entries: a sequence of struct linux_dirent64 (8 bytes inode, 8 offset, 2 record length, 1
// type, name).
static inline long linux_directory_entries(int descriptor, void *buffer, size_t count) {
    return LINUX_RETRY(syscall(SYS_getdents64, descriptor, buffer, count));
}

// ---- Extended attributes ----

// The value of an attribute, at most `count` bytes. -ENODATA: there is none of that name. -EOPNOTSUPP: the filesystem
// has no such attributes.
static inline long linux_attribute(int descriptor, const char *name, void *buffer, size_t count) {
    return LINUX_RETRY(fgetxattr(descriptor, name, buffer, count));
}

static inline int linux_set_attribute(int descriptor, const char *name, const void *bytes, size_t count) {
    return (int)LINUX_RETRY(fsetxattr(descriptor, name, bytes, count, 0));
}

// ---- File handles ----

// A file handle of at most 32 bytes, padded with zeros: enough for ext4 (8), XFS (12), tmpfs (12) and btrfs (20).
struct linux_handle {
    int32_t type;
    uint32_t length;
    uint64_t word0;
    uint64_t word1;
    uint64_t word2;
    uint64_t word3;
};

// Same layout as the kernel's struct file_handle, with room for the longest handle (MAX_HANDLE_SZ).
struct linux_raw_handle {
    uint32_t length;
    int32_t type;
    unsigned char bytes[128];
};

static inline long linux_raw_handle_at(int directory, const char *path, struct linux_raw_handle *raw, int *mount_id) {
    memset(raw, 0, sizeof *raw);
    raw->length = sizeof raw->bytes;
    int flags = path[0] == 0 ? AT_EMPTY_PATH : 0;
    return LINUX_RETRY(syscall(SYS_name_to_handle_at, directory, path, raw, mount_id, flags));
}

// The handle of `path` below `directory` (an empty path: of the directory itself). A final symbolic link is not
// followed. -EOVERFLOW: the filesystem's handles are longer than struct linux_handle.
static inline int linux_handle_at(int directory, const char *path, struct linux_handle *handle, int *mount_id) {
    struct linux_raw_handle raw;
    long result = linux_raw_handle_at(directory, path, &raw, mount_id);
    if (result < 0) return (int)result;
    if (raw.length > 32) return -EOVERFLOW;
    memset(handle, 0, sizeof *handle);
    handle->type = raw.type;
    handle->length = raw.length;
    memcpy(&handle->word0, raw.bytes, raw.length);
    return 0;
}

// Opens the directory with this handle on the filesystem of `mount`. -ESTALE: it no longer exists.
//
// ext4 answers ENOMEM while the inode number, free again, is just being given to a new file (iget_locked() meets
// I_CREATING); a moment later the answer is ESTALE. So ENOMEM counts only when it persists.
static inline int linux_open_directory_by_handle(int mount, const struct linux_handle *handle) {
    struct linux_raw_handle raw;
    raw.length = handle->length;
    raw.type = handle->type;
    memcpy(raw.bytes, &handle->word0, handle->length);
    int result = -ENOMEM;
    for (int attempt = 0; attempt < 1000 && result == -ENOMEM; attempt++) {
        if (attempt > 0) sched_yield();
        result = (int)LINUX_RETRY(syscall(SYS_open_by_handle_at, mount, &raw, O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    return result;
}

// The path of an open descriptor as /proc knows it. Returns its length; the text is not null terminated.
static inline long linux_path_of(int descriptor, char *buffer, size_t count) {
    char link[32] = "/proc/self/fd/";
    char digits[12];
    int length = 0, position = 14;
    do {
        digits[length++] = (char)('0' + descriptor % 10);
        descriptor /= 10;
    } while (descriptor > 0);
    while (length > 0) link[position++] = digits[--length];
    return LINUX_RETRY(readlink(link, buffer, count));
}

// The filesystem id as fanotify reports it.
static inline int linux_filesystem_id(int descriptor, uint64_t *id) {
    struct statfs status;
    long result = LINUX_RETRY(fstatfs(descriptor, &status));
    if (result == 0) memcpy(id, &status.f_fsid, sizeof *id);
    return (int)result;
}

// ---- Status ----

struct linux_status {
    uint64_t inode;
    uint64_t device;
    int64_t size;
    int64_t allocated_bytes;
    int64_t modified_nanoseconds;
    int64_t changed_nanoseconds;
    int64_t birth_nanoseconds; // 0: the filesystem records no birth time
    uint32_t owner;
    uint32_t group;
    uint32_t mode;
    uint32_t link_count;
    uint64_t handle_digest; // 0: the filesystem has no file handles
    int is_mount_root; // something is mounted on this name; always 0 before Linux 5.8
};

static inline int64_t linux_nanoseconds(const struct statx_timestamp *time) {
    return time->tv_sec * 1000000000 + time->tv_nsec;
}

// Status of `path` below `directory`; an empty path: of the descriptor itself. A final symbolic link is not followed.
static inline int linux_status_at(int directory, const char *path, struct linux_status *status) {
    struct statx raw;
    int flags = AT_SYMLINK_NOFOLLOW | (path[0] == 0 ? AT_EMPTY_PATH : 0);
    long result = LINUX_RETRY(syscall(SYS_statx, directory, path, flags, STATX_BASIC_STATS | STATX_BTIME, &raw));
    if (result < 0) return (int)result;
    status->inode = raw.stx_ino;
    status->device = (uint64_t)raw.stx_dev_major << 32 | raw.stx_dev_minor;
    status->size = (int64_t)raw.stx_size;
    status->allocated_bytes = (int64_t)raw.stx_blocks * 512;
    status->modified_nanoseconds = linux_nanoseconds(&raw.stx_mtime);
    status->changed_nanoseconds = linux_nanoseconds(&raw.stx_ctime);
    status->birth_nanoseconds = raw.stx_mask & STATX_BTIME ? linux_nanoseconds(&raw.stx_btime) : 0;
    status->owner = raw.stx_uid;
    status->group = raw.stx_gid;
    status->mode = raw.stx_mode;
    status->link_count = raw.stx_nlink;
    status->handle_digest = 0;
    status->is_mount_root = (raw.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return 0;
}

// A digest (FNV-1a) of the file handle, which holds the inode's generation number; 0 where the filesystem has no
// handles.
static inline uint64_t linux_handle_digest(int directory, const char *path) {
    struct linux_raw_handle raw;
    int mount_id;
    if (linux_raw_handle_at(directory, path, &raw, &mount_id) < 0) return 0;
    uint64_t digest = 0xcbf29ce484222325;
    for (uint32_t index = 0; index < raw.length; index++) digest = (digest ^ raw.bytes[index]) * 0x100000001b3;
    return digest;
}

// Device and inode of a path, symbolic links followed: is this still the directory that was opened?
static inline int linux_identity_of_path(const char *path, uint64_t *device, uint64_t *inode) {
    struct statx raw;
    long result = LINUX_RETRY(syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO, &raw));
    if (result < 0) return (int)result;
    *device = (uint64_t)raw.stx_dev_major << 32 | raw.stx_dev_minor;
    *inode = raw.stx_ino;
    return 0;
}

static inline int linux_volume_space(const char *path, int64_t *available, int64_t *total) {
    struct statvfs status;
    long result = LINUX_RETRY(statvfs(path, &status));
    if (result < 0) return (int)result;
    *available = (int64_t)(status.f_bavail * status.f_frsize);
    *total = (int64_t)(status.f_blocks * status.f_frsize);
    return 0;
}

// ---- Watching ----


static inline int linux_fanotify_create(void) {
    return (int)LINUX_RETRY(syscall(
        SYS_fanotify_init,
        FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_NONBLOCK | FAN_CLOEXEC,
        O_RDONLY | O_CLOEXEC));
}

// Reports renames and deletions in every directory of the filesystem that holds `directory`. FAN_CREATE is left out:
// it would add an event for every temporary file, and a new directory is resolved when the first file is renamed into
// it.
static inline int linux_fanotify_mark_filesystem(int group, int directory) {
    uint64_t mask = FAN_MOVED_TO | FAN_MOVED_FROM | FAN_DELETE | FAN_ONDIR;
    return (int)LINUX_RETRY(
        syscall(SYS_fanotify_mark, group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, directory, (const char *)0));
}

// Reports what is made in one directory, in addition: a symbolic link that takes the place of a directory.
static inline int linux_fanotify_mark_creation(int group, int directory) {
    uint64_t mask = FAN_CREATE | FAN_ONDIR;
    return (int)LINUX_RETRY(syscall(SYS_fanotify_mark, group, FAN_MARK_ADD, mask, directory, (const char *)0));
}

static inline int linux_inotify_create(void) {
    return (int)LINUX_RETRY(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

static inline int linux_inotify_watch(int group, const char *path) {
    uint32_t mask = IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW;
    return (int)LINUX_RETRY(inotify_add_watch(group, path, mask));
}

static inline int linux_inotify_unwatch(int group, int watch) {
    return (int)LINUX_RETRY(inotify_rm_watch(group, watch));
}

// What FIONREAD says: bytes waiting (inotify), 24 for each waiting event (fanotify).
static inline long linux_waiting_bytes(int descriptor) {
    int count = 0;
    long result = LINUX_RETRY(ioctl(descriptor, FIONREAD, &count));
    return result < 0 ? result : count;
}

// ---- Waiting, threads, processes ----

static inline int32_t linux_process_id(void) {
    return getpid();
}

static inline int linux_eventfd_create(void) {
    return (int)LINUX_RETRY(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

static inline void linux_eventfd_signal(int descriptor) {
    // EAGAIN means the counter is at its maximum: it is readable, which is all a signal has to achieve.
    (void)LINUX_RETRY(eventfd_write(descriptor, 1));
}

static inline void linux_eventfd_clear(int descriptor) {
    eventfd_t value;
    (void)LINUX_RETRY(eventfd_read(descriptor, &value));
}

static inline int64_t linux_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// poll(2) with a timeout in nanoseconds (negative: none). Not repeated after EINTR: the caller knows its deadline.
static inline int linux_poll(struct pollfd *descriptors, unsigned long count, int64_t timeout) {
    struct timespec limit = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
    long result = syscall(SYS_ppoll, descriptors, count, timeout < 0 ? (struct timespec *)0 : &limit, (void *)0, 8);
    return result < 0 ? -errno : (int)result;
}

// Names the calling thread; the kernel keeps 15 bytes.
static inline void linux_name_this_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Starts a detached thread. Returns 0 or -errno.
static inline int linux_start_thread(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    int result = pthread_attr_init(&attributes);
    if (result != 0) return -result;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    result = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    return -result;
}

// ---- Terminals ----

struct linux_terminal_size {
    int columns;
    int rows;
};

// Zero columns where the descriptor is no terminal or does not know its size.
static inline struct linux_terminal_size linux_terminal_size(int descriptor) {
    struct winsize size = {0};
    if (LINUX_RETRY(ioctl(descriptor, TIOCGWINSZ, &size)) < 0) return (struct linux_terminal_size){0, 0};
    return (struct linux_terminal_size){size.ws_col, size.ws_row};
}

static inline int linux_terminal_get_mode(int descriptor, struct termios *mode) {
    return (int)LINUX_RETRY(tcgetattr(descriptor, mode));
}

static inline int linux_terminal_set_mode(int descriptor, const struct termios *mode) {
    return (int)LINUX_RETRY(tcsetattr(descriptor, TCSANOW, mode));
}

// Keys come one by one, are not shown, and a read waits for none. Ctrl-C still interrupts; Ctrl-Z does nothing, for it
// would leave a half-drawn screen behind.
static inline void linux_terminal_make_key_by_key(struct termios *mode) {
    mode->c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode->c_cc[VMIN] = 0;
    mode->c_cc[VTIME] = 0;
    mode->c_cc[VSUSP] = _POSIX_VDISABLE;
}

// The next key that was pressed, as a byte; -EAGAIN when there is none.
static inline int linux_terminal_key(int descriptor) {
    unsigned char key = 0;
    long count = LINUX_RETRY(read(descriptor, &key, 1));
    if (count < 0) return (int)count;
    return count == 0 ? -EAGAIN : key;
}

// ---- Marker files, the service manager ----

// Whether this process, with the rights it has now, may make and remove files in a directory: 0 or -errno.
static inline int linux_may_change_directory(const char *path) {
    return (int)LINUX_RETRY(faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS));
}

// Sends one datagram to a Unix socket; a leading '@' stands for the abstract namespace (unix(7)). Never waits.
static inline long linux_send_to_socket(const char *path, const char *message, size_t count) {
    struct sockaddr_un address;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    long descriptor = LINUX_RETRY(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (descriptor < 0) return descriptor;
    // The length decides where an abstract name ends, so it has no final zero.
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    long result = LINUX_RETRY(
        sendto((int)descriptor, message, count, MSG_NOSIGNAL, (const struct sockaddr *)&address, size));
    close((int)descriptor);
    return result;
}

#undef LINUX_RETRY
#endif
