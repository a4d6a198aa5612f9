/*
 * What Monodesk adds to PyInstaller's bootloader (Linux, glibc):
 *
 *  - the folder to unpack to is tried before it is taken: it must let programs run and have room for all of them;
 *  - where none will do, one sentence says why and what to do, in English or, where the locale says so, Chinese;
 *  - whoever was killed leaves no orphan, and the folder that he left is swept at the next start.
 *
 * A folder of ours holds a file MARK and is locked (flock(2), shared) by every process that lives from it. It is swept
 * where the mark is there, the owner is this user and nobody holds the lock. Other programs' folders have no mark.
 * systemd-tmpfiles leaves alone what is locked, so a long-lived server's files do not vanish from /tmp either.
 *
 * SPDX-License-Identifier: (GPL-2.0-or-later WITH Bootloader-exception)
 */

#define _GNU_SOURCE /* fallocate */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "monodesk.h"
#include "pyi_archive.h"
#include "pyi_global.h"
#include "pyi_main.h"
#include "pyi_utils.h"

#ifndef MONODESK_LIBC_MINOR
    #define MONODESK_LIBC_MINOR 31
#endif

#define MARK ".monodesk"
#define PROBE ".probe"
#define PREFIX "_MEI" /* then the process's number, %08x, and six characters: pyi_security.c insists on it */
#define NAME_LENGTH 18
#define PLACES_MAX 8
#define BLOCK 4096
#define RESERVE (1024 * 1024)
#define MEGABYTE 1000000

/* Weak, so that a system with another C library hears the sentence too. */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

struct places {
    char paths[PLACES_MAX][PYI_PATH_MAX];
    int count;
    bool wish_stands_first; /* MONODESK_RUNTIME is there, and so the first of them */
    char reasons[4096]; /* why not, a place after the other */
    char made[PYI_PATH_MAX]; /* the folder that was not there before */
};

struct room {
    uint64_t bytes;
    uint64_t files;
};


/* Speaking */

static bool
_chinese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != 0) {
            return strncasecmp(value, "zh", 2) == 0;
        }
    }
    return false;
}

static const char *
_pick(const char *english, const char *chinese)
{
    return _chinese() ? chinese : english;
}

static void
_tell(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

static void
_add_reason(struct places *places, const char *place, const char *format, ...)
{
    size_t length = strlen(places->reasons);
    va_list arguments;

    length += snprintf(
        places->reasons + length, sizeof(places->reasons) - length, "%s%s: ",
        length > 0 ? _pick("; ", "；") : "", place
    );
    if (length >= sizeof(places->reasons)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(places->reasons + length, sizeof(places->reasons) - length, format, arguments);
    va_end(arguments);
}

int
monodesk_check_libc(void)
{
    const char *found = gnu_get_libc_version != NULL ? gnu_get_libc_version() : "0.0";
    int major = 0, minor = 0;

    if (sscanf(found, "%d.%d", &major, &minor) == 2 && (major > 2 || (major == 2 && minor >= MONODESK_LIBC_MINOR))) {
        return 0;
    }
    _tell(
        _pick(
            "monodesk: this file needs the GNU C library (glibc) 2.%d or newer (Debian 11, Ubuntu 20.04 have 2.31), and this "
            "system has %s: run it on a newer system, or in a container with one.\n",
            "monodesk：本程序需要 GNU C 库 (glibc) 2.%d 或更高版本（Debian 11、Ubuntu 20.04 为 2.31），而本系统为 %s："
            "请在更新的系统上或装有更新系统的容器中运行。\n"
        ),
        MONODESK_LIBC_MINOR, found
    );
    return -1;
}


/* Where to */

static void
_add_place(struct places *places, const char *path)
{
    char resolved[PYI_PATH_MAX];
    int i;

    if (path == NULL || path[0] == 0 || places->count == PLACES_MAX) {
        return;
    }
    if (realpath(path, resolved) == NULL) {
        _add_reason(places, path, "%s", errno == ENOENT ? _pick("does not exist", "不存在") : strerror(errno));
        return;
    }
    for (i = 0; i < places->count; i++) {
        if (strcmp(places->paths[i], resolved) == 0) {
            return;
        }
    }
    strcpy(places->paths[places->count++], resolved);
}

/* The data folder, where it was named: --data DIR, --data=DIR, MONODESK_DATA. Not for `restore`, which moves it away. */
static const char *
_data_folder(const struct PYI_CONTEXT *context)
{
    const char *data = getenv("MONODESK_DATA");
    int i;

    for (i = 1; i < context->argc; i++) {
        if (strcmp(context->argv[i], "restore") == 0) {
            return NULL;
        }
        if (strcmp(context->argv[i], "--data") == 0 && i + 1 < context->argc) {
            data = context->argv[i + 1];
        } else if (strncmp(context->argv[i], "--data=", 7) == 0) {
            data = context->argv[i] + 7;
        }
    }
    return data;
}

static void
_add_below(struct places *places, const char *folder, const char *name, bool make)
{
    char path[PYI_PATH_MAX];

    if (folder == NULL || folder[0] == 0 || snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
        return;
    }
    if (make && mkdir(path, 0700) == 0) {
        strcpy(places->made, path);
    }
    if (access(path, F_OK) == 0) {
        _add_place(places, path);
    } else {
        _add_place(places, folder);
    }
}

static void
_find_places(struct places *places, const struct PYI_CONTEXT *context)
{
    if (!context->has_elevated_privileges) {
        _add_place(places, getenv("MONODESK_RUNTIME"));
        places->wish_stands_first = places->count == 1;
    }
    _add_place(places, getenv("TMPDIR"));
    _add_place(places, "/tmp");
    _add_place(places, "/var/tmp");
    if (!context->has_elevated_privileges) {
        const char *home = getenv("HOME");
        _add_below(places, _data_folder(context), "run", false);
        if (home != NULL && home[0] == '/' && access(home, F_OK) == 0) {
            _add_below(places, home, ".cache", true);
        }
    }
}

/* What all files together take, in whole blocks. */
static struct room
_needed(const struct ARCHIVE *archive)
{
    const struct TOC_ENTRY *entry;
    struct room room = {RESERVE, 16};

    for (entry = archive->toc; entry < archive->toc_end; entry = pyi_archive_next_toc_entry(archive, entry)) {
        if (strchr("bxZn", entry->typecode) != NULL) {
            room.bytes += ((uint64_t)entry->uncompressed_length + BLOCK - 1) / BLOCK * BLOCK + BLOCK / 4;
            room.files += 1;
        }
    }
    return room;
}

static unsigned long
_megabytes(uint64_t bytes, bool up)
{
    return (unsigned long)((bytes + (up ? MEGABYTE - 1 : 0)) / MEGABYTE);
}

/* Whether programs may run from this file and the disk gives so much room: both really asked for, quotas count too. */
static int
_try_file(struct places *places, const char *place, int file, struct room needed)
{
    struct statvfs disk;
    void *mapped = mmap(NULL, BLOCK, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    uint64_t available = 0;
    bool full;

    if (mapped == MAP_FAILED) {
        _add_reason(places, place, "%s", _pick("no program may run from there (noexec)", "不允许运行程序 (noexec)"));
        return -1;
    }
    munmap(mapped, BLOCK);
    full = fstatvfs(file, &disk) == 0 && disk.f_blocks > 0;
    if (full) {
        available = (uint64_t)disk.f_bavail * disk.f_frsize;
        full = available < needed.bytes || (disk.f_files > 0 && disk.f_favail < needed.files);
    }
    if (!full && fallocate(file, 0, 0, (off_t)needed.bytes) < 0) {
        full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO;
    }
    if (full) {
        _add_reason(
            places, place, _pick("too little room, %lu of %lu MB", "空间不足，剩余 %lu MB，需要 %lu MB"),
            _megabytes(available, false), _megabytes(needed.bytes, true)
        );
        return -1;
    }
    return 0;
}

static int
_hold(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder >= 0) {
        flock(folder, LOCK_SH | LOCK_NB); /* the descriptor is left open: the lock ends with the process */
    }
    return folder;
}

/* A new folder with our mark in this place; -1 leaves nothing there. */
static int
_try_place(struct places *places, const char *place, struct room needed, char *path)
{
    int folder, mark = -1, file = -1, result = -1;

    if (snprintf(path, PYI_PATH_MAX, "%s/" PREFIX "%08xXXXXXX", place, (unsigned int)getpid()) >= PYI_PATH_MAX) {
        return -1;
    }
    if (mkdtemp(path) == NULL) {
        _add_reason(places, place, "%s", strerror(errno));
        return -1;
    }
    folder = _hold(path);
    if (folder >= 0) {
        mark = openat(folder, MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        file = openat(folder, PROBE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    }
    if (mark < 0 || file < 0) {
        _add_reason(places, place, "%s", strerror(errno));
    } else {
        result = _try_file(places, place, file, needed);
        unlinkat(folder, PROBE, 0);
    }
    if (mark >= 0) {
        close(mark);
    }
    if (file >= 0) {
        close(file);
    }
    if (result < 0) {
        pyi_recursive_rmdir(path);
        if (folder >= 0) {
            close(folder);
        }
    }
    return result;
}


/* What killed starts have left */

static bool
_is_named_as_ours(const char *name)
{
    return strlen(name) == NAME_LENGTH && strncmp(name, PREFIX, strlen(PREFIX)) == 0
           && strspn(name + strlen(PREFIX), "0123456789abcdef") >= 8;
}

static void
_sweep_one(const char *place, DIR *names, const char *name)
{
    struct stat status, mark;
    char path[PYI_PATH_MAX];
    int folder = openat(dirfd(names), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder < 0) {
        return;
    }
    if (fstat(folder, &status) == 0 && status.st_uid == geteuid()
        && fstatat(folder, MARK, &mark, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(mark.st_mode)
        && flock(folder, LOCK_EX | LOCK_NB) == 0
        && snprintf(path, sizeof(path), "%s/%s", place, name) < (int)sizeof(path)) {
        pyi_recursive_rmdir(path);
    }
    close(folder);
}

static void
_sweep(const char *place)
{
    DIR *names = opendir(place);
    struct dirent *entry;

    if (names == NULL) {
        return;
    }
    while ((entry = readdir(names)) != NULL) {
        if (_is_named_as_ours(entry->d_name)) {
            _sweep_one(place, names, entry->d_name);
        }
    }
    closedir(names);
}

/* Whoever named a place hears that it was not taken, and why. */
static void
_tell_of_wish(const struct places *places, int taken)
{
    const char *wish = getenv("MONODESK_RUNTIME");
    const bool granted = places->wish_stands_first && taken == 0;

    if (wish != NULL && wish[0] != 0 && !granted) {
        _tell(
            _pick(
                "monodesk: unpacks itself to %s, not to MONODESK_RUNTIME (%s).\n",
                "monodesk：已改为解压到 %s，未使用 MONODESK_RUNTIME（%s）。\n"
            ),
            places->paths[taken], places->reasons
        );
    }
}

/* What was made for a place that was not needed goes again; rmdir(2) takes none that holds something. */
static void
_unmake(const struct places *places, const char *taken)
{
    if (places->made[0] != 0 && (taken == NULL || strcmp(places->made, taken) != 0)) {
        rmdir(places->made);
    }
}

int
monodesk_make_folder(struct PYI_CONTEXT *context)
{
    static struct places places;
    struct room needed = _needed(context->archive);
    int i;

    _find_places(&places, context);
    for (i = 0; i < places.count; i++) {
        _sweep(places.paths[i]); /* first: it may make the room that is needed */
    }
    for (i = 0; i < places.count; i++) {
        if (_try_place(&places, places.paths[i], needed, context->application_home_dir) == 0) {
            _unmake(&places, places.paths[i]);
            _tell_of_wish(&places, i);
            return 0;
        }
    }
    _unmake(&places, NULL);
    _tell(
        _pick(
            "monodesk: found no folder to unpack itself to (%s): set MONODESK_RUNTIME=/some/folder to one with %lu MB free "
            "from which programs may run.\n",
            "monodesk：找不到可供解压的目录（%s）：请设置 MONODESK_RUNTIME=/some/folder，指向一个有 %lu MB 可用空间且允许运行程序的目录。\n"
        ),
        places.reasons, _megabytes(needed.bytes, true)
    );
    return -1;
}

void
monodesk_give_up(const struct PYI_CONTEXT *context)
{
    pyi_recursive_rmdir(context->application_home_dir);
    _tell(
        _pick(
            "monodesk: could not unpack itself to %s (the lines above say why; nothing was left there): make room, download "
            "the file again, or set MONODESK_RUNTIME=/some/folder to another place.\n",
            "monodesk：无法解压到 %s（原因见上方，未留下任何文件）：请腾出空间、重新下载本文件，或设置 MONODESK_RUNTIME=/some/folder "
            "指向其他位置。\n"
        ),
        context->application_home_dir
    );
}

void
monodesk_hold_folder(const struct PYI_CONTEXT *context)
{
    _hold(context->application_home_dir);
}


/* No orphans */

void
monodesk_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(1);
    }
}

static bool
_executable_of(const char *process, struct stat *status)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%s/exe", process);
    return stat(path, status) == 0;
}

void
monodesk_die_with_own_kind(void)
{
    struct stat ours, parents;
    char parent[32];
    pid_t pid = getppid();

    snprintf(parent, sizeof(parent), "%ld", (long)pid);
    if (_executable_of("self", &ours) && _executable_of(parent, &parents)
        && ours.st_dev == parents.st_dev && ours.st_ino == parents.st_ino) {
        monodesk_die_with(pid);
    }
}
