#!/usr/bin/env bash
# How large the program is: a release build, statically linked with the standard library, without its symbols.
# usage: scripts/program-size.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-.build/release/ygg}
most=$((65 * 1000 * 1000))

if [ ! -x "$program" ]; then
  echo "program-size: $program is not there. Build it first: swift build -c release --static-swift-stdlib --product ygg" >&2
  exit 2
fi
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$program"
size=$(stat -c %s "$stripped")
printf 'program-size: %s is %d.%d MB without symbols; it may be %d MB.\n' \
  "$program" $((size / 1000000)) $((size / 100000 % 10)) $((most / 1000000))
if [ "$size" -gt "$most" ]; then
  echo "program-size: Find out what has grown with 'size -A'. Where .rodata is above 30 MB, the data of ICU is in it again:" >&2
  echo "program-size: the toolchain has another version of ICU than Sources/NoICUData names." >&2
  exit 1
fi
