#!/usr/bin/env bash
# Runs the benchmark with a release build and keeps its lines under the commit they are about. Arguments go to ygg bench.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

swift build -c release --static-swift-stdlib --product ygg
ygg=$(swift build -c release --show-bin-path)/ygg

commit=$(git rev-parse --short HEAD)
[ -z "$(git status --porcelain)" ] || commit=$commit-dirty
mkdir -p benchmarks/results
result=benchmarks/results/$commit.jsonl

cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
printf '{"machine":{"cores":%s,"cpu":"%s","memoryMiB":%s,"kernel":"%s","commit":"%s"}}\n' \
    "$(nproc)" "${cpu:-unknown}" "$memory" "$(uname -r)" "$commit" | tee "$result"
"$ygg" bench --json "$@" | tee -a "$result"
echo "kept in $result" >&2
