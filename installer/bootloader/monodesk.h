/*
 * What Monodesk adds to PyInstaller's bootloader; see monodesk.c.
 *
 * SPDX-License-Identifier: (GPL-2.0-or-later WITH Bootloader-exception)
 */

#ifndef MONODESK_H
#define MONODESK_H

#include <sys/types.h>

struct PYI_CONTEXT;

/* 0, or -1 with a sentence on stderr where the C library is older than what the file was built for. */
int monodesk_check_libc(void);

/* Makes the folder to unpack to in the first place that takes it, and locks it: 0, or -1 with a sentence on stderr. */
int monodesk_make_folder(struct PYI_CONTEXT *context);

/* Takes away what was unpacked so far, and says so. */
void monodesk_give_up(const struct PYI_CONTEXT *context);

/* Holds the folder for this process too, as long as it lives. */
void monodesk_hold_folder(const struct PYI_CONTEXT *context);

/* TERM for this process when `parent`, who forked it, dies; ends it where he has died already. */
void monodesk_die_with(pid_t parent);

/* The same for what our own program starts of itself: gateways. */
void monodesk_die_with_own_kind(void);

#endif /* MONODESK_H */
