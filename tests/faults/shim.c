/* Lets the Nth write, sync, open or rename below a folder fail once. Loaded by LD_PRELOAD into the server under test.

   FAULT_SHIM_FOLDER names the folder; FAULT_SHIM_CONTROL a file that the test and this process both map:
   the test writes what is to fail, this writes what was called. Only what leaves the process through libc is seen,
   which is all that Python and SQLite do. With EVERY as its number, each write fails until the test disarms it: as on a
   file system that turned read-only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEEN_MAX 8192
#define NAME_BYTES 96
#define EVERY UINT32_MAX

struct control {
    _Atomic uint32_t armed;  /* count and fail only while this is not 0 */
    _Atomic uint32_t nth;    /* from 1; 0: only count */
    _Atomic int32_t error;   /* the errno */
    _Atomic uint32_t count;  /* calls seen since it was armed */
    _Atomic uint32_t failed; /* 1 once the Nth has failed */
    uint32_t unused[3];
    char seen[SEEN_MAX][NAME_BYTES]; /* "call path" of each */
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_bytes;

__attribute__((constructor)) static void begin(void) {
    const char *below = getenv("FAULT_SHIM_FOLDER"), *path = getenv("FAULT_SHIM_CONTROL");
    if (below == NULL || path == NULL) return;
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int file = real_open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) abort();
    struct control *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) abort();
    folder_bytes = strlen(strcpy(folder, below));
    control = mapped;
}

/* Whether this call is the one that fails; errno is set then. */
static int fails(const char *call, const char *path) {
    if (strncmp(path, folder, folder_bytes) != 0) return 0;
    uint32_t number = atomic_fetch_add(&control->count, 1) + 1;
    if (number <= SEEN_MAX) snprintf(control->seen[number - 1], NAME_BYTES, "%s %s", call, path + folder_bytes);
    uint32_t nth = atomic_load(&control->nth);
    if (nth == EVERY && strstr(call, "sync") != NULL) return 0; /* there is nothing to sync */
    if (number != nth && nth != EVERY) return 0;
    atomic_store(&control->failed, 1);
    errno = atomic_load(&control->error);
    return 1;
}

static int watching(void) { return control != NULL && atomic_load(&control->armed); }

static int fails_at(const char *call, int file) {
    if (!watching()) return 0;
    char link[64], path[PATH_MAX];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    errno = before;
    if (size < 0) return 0;
    path[size] = 0;
    return fails(call, path);
}

static int fails_named(const char *call, int beside, const char *path) {
    if (!watching()) return 0;
    if (path[0] == '/') return fails(call, path);
    char link[64], place[PATH_MAX];
    snprintf(link, sizeof link, beside == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", beside);
    ssize_t size = readlink(link, place, sizeof place - 1);
    if (size < 0 || (size_t)size + strlen(path) + 2 > sizeof place) return 0;
    place[size] = '/';
    strcpy(place + size + 1, path);
    return fails(call, place);
}

#define REAL(name) __typeof__(&name) real = dlsym(RTLD_NEXT, #name)
#define ON_FILE(type, name, file, parameters, arguments)  \
    type name parameters {                                \
        REAL(name);                                       \
        return fails_at(#name, file) ? -1 : real arguments; \
    }

ON_FILE(ssize_t, write, file, (int file, const void *data, size_t size), (file, data, size))
ON_FILE(ssize_t, pwrite, file, (int file, const void *data, size_t size, off_t at), (file, data, size, at))
ON_FILE(ssize_t, pwrite64, file, (int file, const void *data, size_t size, off64_t at), (file, data, size, at))
ON_FILE(ssize_t, writev, file, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_FILE(int, fsync, file, (int file), (file))
ON_FILE(int, fdatasync, file, (int file), (file))
ON_FILE(int, ftruncate, file, (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, file, (int file, off64_t size), (file, size))
ON_FILE(ssize_t, sendfile, file, (int file, int from, off_t *at, size_t size), (file, from, at, size))
ON_FILE(ssize_t, sendfile64, file, (int file, int from, off64_t *at, size_t size), (file, from, at, size))
ON_FILE(ssize_t, copy_file_range, file,
        (int from, off64_t *at, int file, off64_t *to, size_t size, unsigned flags), (from, at, file, to, size, flags))

/* Of a file system that is read-only everything may be opened to be read. */
static int reads(int flags) {
    return watching() && atomic_load(&control->nth) == EVERY && (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT);
}

#define OPEN(name, beside, parameters, arguments)                   \
    int name parameters {                                           \
        REAL(name);                                                 \
        mode_t mode = 0;                                            \
        if (flags & (O_CREAT | O_TMPFILE)) {                        \
            va_list rest;                                           \
            va_start(rest, flags);                                  \
            mode = va_arg(rest, mode_t);                            \
            va_end(rest);                                           \
        }                                                           \
        if (reads(flags)) return real arguments;                    \
        return fails_named("open", beside, path) ? -1 : real arguments; \
    }

OPEN(open, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, beside, (int beside, const char *path, int flags, ...), (beside, path, flags, mode))
OPEN(openat64, beside, (int beside, const char *path, int flags, ...), (beside, path, flags, mode))

#define ON_NAME(name, parameters, arguments)                                \
    int name parameters {                                                   \
        REAL(name);                                                         \
        return fails_named(#name, AT_FDCWD, path) ? -1 : real arguments;    \
    }

ON_NAME(rename, (const char *path, const char *to), (path, to))
ON_NAME(mkdir, (const char *path, mode_t mode), (path, mode))
