#!/bin/sh
# Compiles the bootloader in the current folder, PyInstaller's `bootloader/` with our patch: ./run. $1: oldest glibc, 2.N.
#
# Not by its own `waf`, which needs a Python where the compiler is; flags and defines are those that waf finds on Linux.
# zlib is linked in, because a container may hold nothing but glibc. No path, no time, no build id: the same to the byte.
set -eu
sources="$(LC_ALL=C ls src/*.c zlib/*.c)"
# shellcheck disable=SC2086
gcc -std=gnu11 -O2 -fPIE -Wall -Werror -Wno-unused-variable -Wno-unused-function \
  -D_REENTRANT -D_DEFAULT_SOURCE -DNDEBUG -D_FORTIFY_SOURCE=2 -DPYI_USE_POSIX_SEMAPHORE \
  -DHAVE_UNSETENV=1 -DHAVE_MKDTEMP=1 -DHAVE_DIRNAME=1 -DHAVE_BASENAME=1 -DHAVE_WCSDUP=1 \
  "-DMONODESK_LIBC_MINOR=$1" -Isrc -Izlib $sources \
  -pie -s -Wl,--as-needed -Wl,--build-id=none -Wl,-z,relro,-z,now -o run -ldl -lpthread -lm
