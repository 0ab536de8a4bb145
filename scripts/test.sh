#!/usr/bin/env bash
# One command that installs what the tests need and runs all of them: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Builds everything and runs every check and test.

usage: [TEST_PROFILE=full|fast] scripts/test.sh [arguments of `swift test`, such as --filter OutboxTests]

  full   everything (the default). A group of tests that cannot run here is a failure.
  fast   leaves out what needs containers, browsers, servers or third-party peers, and says so.

Tests read TEST_PROFILE, and in full also YGG_TEST_PYTHON: a python3 that has scripts/requirements-test.txt.
EOF
}

case ${1:-} in
--help | -h) usage && exit 0 ;;
esac
export TEST_PROFILE=${TEST_PROFILE:-full}
case $TEST_PROFILE in
full | fast) ;;
*) die "TEST_PROFILE is '$TEST_PROFILE'" "It is either full or fast." ;;
esac

# peers: the virtual environment of the third-party peers, made anew when their list changes.
peers() {
    local venv=$ROOT/.build-venv list=$ROOT/scripts/requirements-test.txt
    export YGG_TEST_PYTHON=$venv/bin/python
    if "$YGG_TEST_PYTHON" -c '' 2>/dev/null && cmp -s "$list" "$venv/installed.txt"; then
        return
    fi
    say "installing third-party peers into .build-venv/"
    rm -rf "$venv"
    { python3 -m venv "$venv" && "$YGG_TEST_PYTHON" -m pip install -q --disable-pip-version-check -r "$list"; } ||
        die "the third-party peers could not be installed" \
            "They come from PyPI. Without a network: TEST_PROFILE=fast scripts/test.sh"
    cp "$list" "$venv/installed.txt"
}

# group WIDTH ARGUMENTS OF swift test: some of the tests, so many at a time. Where nobody watches, those that hang are ended, and
# said to; at a terminal Ctrl-C must reach them, which it does not through `timeout`.
group() {
    local width=$1 limit=() status=0
    shift
    # Interrupted, swift test ends the tests, too, which have a process group of their own.
    [[ -t 0 ]] || limit=(timeout --signal=INT --kill-after=60 30m)
    "${limit[@]}" swift test --package-path "$ROOT" --skip-build --experimental-maximum-parallelization-width "$width" "$@" ||
        status=$?
    ((status != 124 && status != 137)) || die "these tests had not ended after 30 minutes: swift test $*" \
        "Those that are named above as started, and not as passed or failed, hang."
    return "$status"
}

need_packages build runtime scripts test
check_swift
check_disk "$ROOT/.build"
if [[ $TEST_PROFILE == full ]]; then
    peers
else
    unset YGG_TEST_PYTHON
    say "fast: left out are the third-party peers (curl and httpx-sse as SSE clients, the ollama package)"
fi

for check in "$ROOT"/scripts/check-*.sh; do
    say "$(basename "$check")"
    "$check"
done

say "building the tests (a first build takes several minutes)"
swift_build --build-tests || die "the tests could not be built"
say "check-kubernetes.sh: the configuration that ConfigMaps hold"
"$ROOT/scripts/check-kubernetes.sh" --binary "$ROOT/.build/debug/ygg"
say "testing ($TEST_PROFILE)"
if [ "$#" -gt 0 ]; then
    log=$(mktemp)
    swift test --package-path "$ROOT" --skip-build "$@" 2>&1 | tee "$log"
    # A misspelt filter runs nothing, and nothing passes.
    grep -qE 'Test run with [1-9][0-9]* tests?' "$log" || die "no test matches: $*" "swift test list names them all."
    rm -f "$log"
else
    # Apart, because those of agents, trackers, executors and fleets start hundreds of processes, and properties and simulations keep every
    # core busy: all at once they would only show how slow a machine gets.
    # All at a time would count their limits from one moment, with hundreds in line for two threads.
    group 8 --filter 'YggCoreTests|ReplyReaderProperties'
    group 8 --skip YggCoreTests --skip EndToEndTests --skip YggExecutorTests --skip YggSimulationTests --skip YggAgentTests \
        --skip YggTrackerTests --skip TrackerDeskTests
    group 8 --filter 'YggTrackerTests|TrackerDeskTests'
    group 8 --filter YggAgentTests --skip ReplyReaderProperties
    group 8 --filter YggSimulationTests
    group 8 --filter YggExecutorTests
    # Each of these is a fleet of its own: more of them at once than a machine can carry would let leases run out.
    group 4 --filter EndToEndTests --skip ExecutorWorkTests \
        --skip HostileClientTests
    # These want every core for themselves.
    group 1 --filter 'ExecutorWorkTests|HostileClientTests'
fi
say "all passed ($TEST_PROFILE)"
