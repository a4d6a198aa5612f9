#!/bin/sh
# Inside the Debian 11 tree of interpreter.py: builds CPython and the libraries it stands on from the Debian source
# packages in /mnt/sources, into /mnt/out/python. The libraries are linked in, but for OpenSSL, which two modules share.
# No rpath (the bundle is found where it lies), no debug information, no _sqlite3 (the pysqlite3 package takes its place).
set -eu
prefix=/out/python # no folder of any machine: Python finds itself by where it lies
parts=/mnt/parts
out=/mnt$prefix
mkdir -p $parts/lib $parts/include $out/lib $out/parts
export CFLAGS="-O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffile-prefix-map=/mnt/sources=." LC_ALL=C
export LDFLAGS="-Wl,-z,relro,-z,now"

unpack() {
  cd /mnt/sources
  dpkg-source --no-check --extract "$1"_*.dsc "$1" >/dev/null
  cd "$1"
  cp debian/copyright "$out/parts/$1.txt"
}

make_all() {
  make -j"$JOBS" "$@" >/dev/null
}

unpack zlib
./configure --static --prefix=$parts >/dev/null
make_all
make install >/dev/null

unpack bzip2
make_all CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64" libbz2.a
install -m 644 libbz2.a $parts/lib/
install -m 644 bzlib.h $parts/include/

unpack xz-utils
./configure --prefix=$parts --disable-shared --with-pic --disable-nls --disable-doc --disable-xz --disable-xzdec \
  --disable-lzmadec --disable-lzmainfo --disable-scripts >/dev/null
make_all
make install >/dev/null

unpack libffi
# What this tree's autoconf (2.69) lacks; on x86-64 nothing of it is asked.
sed -i 's/^AC_PREREQ.*//; s/^AC_CHECK_INCLUDES_DEFAULT//; s/^LT_SYS_SYMBOL_USCORE/sys_symbol_underscore=no/' configure.ac
autoreconf -fi >/dev/null
./configure --prefix=$parts --libdir=$parts/lib --disable-shared --with-pic --disable-docs \
  --disable-multi-os-directory >/dev/null
make_all
make install >/dev/null

unpack expat
cd expat
./buildconf.sh >/dev/null
./configure --prefix=$parts --disable-shared --with-pic --without-xmlwf --without-examples --without-tests \
  --without-docbook >/dev/null
make_all
make install >/dev/null

# The folder of its settings exists nowhere: no openssl.cnf of a strange machine decides how we speak TLS.
unpack openssl
unused="tests docs apps legacy engine dso module aria bf camellia cast cmp cms ct dtls gost idea md4 ocb quic rc2 rmd160 \
  seed siphash sm2 sm3 sm4 srp ts whirlpool"
./Configure linux-x86_64 shared $(printf ' no-%s' $unused) --prefix=$parts --libdir=lib \
  --openssldir=/usr/share/monodesk/openssl >/dev/null
make_all
make install_dev >/dev/null
rm -f $parts/lib/libssl.a $parts/lib/libcrypto.a
cp -P $parts/lib/libssl.so* $parts/lib/libcrypto.so* $out/lib/

# What wheels in Rust unwind with: this tree's own, not the newer one of the machine that packs.
cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 $out/lib/
cp -L /usr/share/doc/libgcc-s1/copyright $out/parts/gcc-10.txt
dpkg-query -W -f='${source:Version}' libgcc-s1 >$out/parts/gcc-10.version

unpack python3.13
export CFLAGS="-g0 -O3 -fstack-protector-strong -fno-semantic-interposition -ffile-prefix-map=/mnt/sources=."
export CPPFLAGS="-I$parts/include" LDFLAGS="$LDFLAGS -fno-semantic-interposition -L$parts/lib -Wl,--exclude-libs,ALL"
export PKG_CONFIG_PATH=$parts/lib/pkgconfig PKG_CONFIG="pkg-config --static" LD_LIBRARY_PATH=$parts/lib
absent=
for module in _sqlite3 _tkinter _uuid _curses _curses_panel readline _dbm _gdbm; do
  absent="$absent py_cv_module_$module=n/a"
done
./configure --prefix=$prefix --enable-shared --without-ensurepip --disable-test-modules --without-static-libpython \
  --with-openssl=$parts --with-openssl-rpath=no --with-system-expat $PYTHON_OPTIONS $absent >/dev/null
make_all
make install DESTDIR=/mnt >/dev/null
find $out/bin $out/lib -type f \( -name '*.so*' -o -name python3.13 \) -exec strip --strip-unneeded {} +
LD_LIBRARY_PATH=$out/lib $out/bin/python3.13 -c '
import _decimal, _hashlib, bz2, ctypes, lzma, multiprocessing.synchronize, pyexpat, ssl, zlib, zoneinfo'
