#!/usr/bin/env bash
# Where the time goes: runs one group of the benchmark and samples one of its processes with perf (Debian: linux-perf).
#   benchmarks/profile.sh GROUP coordinator|executor [SECONDS]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

group=${1:?which group: latency, throughput, batch, claim, polls}
role=${2:?which process: coordinator or executor}
seconds=${3:-20}
command -v perf >/dev/null || { echo "perf is missing: apt-get install linux-perf" >&2; exit 1; }

ygg=$(swift build -c release --show-bin-path)/ygg
[ -x "$ygg" ] || { echo "no release build: swift build -c release --static-swift-stdlib --product ygg" >&2; exit 1; }

work=$(mktemp -d)
"$ygg" bench --json --only "$group" --seconds "$seconds" >"$work/lines" &
bench=$!
# The benchmark stops its processes in order when it is told to end.
trap 'kill "$bench" 2>/dev/null || true; wait "$bench" 2>/dev/null || true; rm -rf "$work"' EXIT

process=
for _ in $(seq 100); do
    for child in $(pgrep -P "$bench" || true); do
        if tr '\0' ' ' <"/proc/$child/cmdline" 2>/dev/null | grep -q "^ygg $role "; then process=$child; fi
    done
    [ -z "$process" ] || break
    sleep 0.1
done
[ -n "$process" ] || { echo "the $role did not start" >&2; exit 1; }

# Past the start and the warm-up.
sleep 2
perf record -q -F 997 -g -p "$process" -o "$work/perf" -- sleep "$((seconds > 4 ? seconds - 3 : 2))"
perf report -q -i "$work/perf" --no-children --percent-limit 0.7 --sort symbol -g none --stdio 2>/dev/null
