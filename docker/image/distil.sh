#!/bin/sh
# Gathers what a coordinator needs, and nothing else, below one directory: the whole root of its image.
#
# usage: distil.sh BINARY DIRECTORY
#
# That is the binary and what it links to, certificates, time zones, an init, and busybox for whoever has to look inside.
set -eu
binary=$1 root=$2 records=/usr/share/yggdrasil

mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root$records" "$root/etc/ssl/certs" \
    "$root/etc/yggdrasil" "$root/home/ygg" "$root/data" "$root/tmp" "$root/run" "$root/var/tmp" "$root/proc" "$root/sys" "$root/dev"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done

# The loader and the libraries, at the paths where the loader looks for them.
ldd "$binary" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' | LC_ALL=C sort -u >/tmp/files
while read -r file; do
    real=$(realpath "$file")
    directory=$(realpath "$(dirname "$file")")
    mkdir -p "$root$directory"
    cp -L "$file" "$root$directory/$(basename "$file")"
    echo "$real" >>/tmp/owned
done </tmp/files

cp "$binary" "$root/usr/bin/ygg"
cp /usr/bin/tini-static "$root/usr/bin/tini"
cp "$(realpath /bin/busybox)" "$root/usr/bin/busybox"
"$root/usr/bin/busybox" --list | while read -r applet; do
    [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mkdir -p "$root/usr/share"
cp -a /usr/share/zoneinfo "$root/usr/share/"
rm -rf "$root/usr/share/zoneinfo/right" "$root/usr/share/zoneinfo/posix"
cp -L /etc/os-release "$root/etc/"
grep -E '^(root|ygg|nobody):' /etc/passwd | sed 's|:/bin/bash$|:/bin/sh|' >"$root/etc/passwd"
grep -E '^(root|ygg|nogroup):' /etc/group >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp" "$root/var/tmp"

# Which packages these files are from, with their versions, and their copyright.
{
    # A file that was packaged below /lib may be asked for below /usr/lib.
    while read -r file; do
        dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}"
    done </tmp/owned | cut -d: -f1
    printf '%s\n' ca-certificates tzdata tini busybox-static
} | LC_ALL=C sort -u >/tmp/names
while read -r name; do
    # shellcheck disable=SC2016 # the fields are dpkg-query's
    dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' "$name" | head -n 1
    [ ! -e "/usr/share/doc/$name/copyright" ] ||
        { mkdir -p "$root/usr/share/doc/$name" && cp -L "/usr/share/doc/$name/copyright" "$root/usr/share/doc/$name/"; }
done </tmp/names >"$root$records/packages.txt"
rm -f /tmp/files /tmp/owned /tmp/names
