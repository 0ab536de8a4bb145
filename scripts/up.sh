#!/usr/bin/env bash
# One command from a fresh clone to a fleet that works: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Builds ygg, starts a coordinator with an executor, and runs a first task on this repository.

usage: scripts/up.sh [options]

  --detach              leave it running in the background and return
  --port PORT           the coordinator's port (5080; 0 picks a free one)
  --executor-port PORT  the executor's port (5002, or a free one when that is taken)
  --data-dir DIR        where everything durable lives
                        (YGG_DATA_DIR, else ~/.local/state/yggdrasil, as root /var/lib/yggdrasil)
  --no-build            start .build/release/ygg as it is
  --binary FILE         start this ygg instead, and build nothing
  --help                this text

Without --detach it stays until Ctrl-C, which lets running tasks finish (a second one does not wait).
Where one that it started already runs on the same data directory, it builds and starts nothing: it runs the first
task again there and returns.
EOF
}

detach='' build=yes port='' executor_port='' data_dir='' binary=$RELEASE_BINARY
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --detach) detach=yes ;;
    --no-build) build='' ;;
    --port) has_value "$@"; port=$2; shift ;;
    --executor-port) has_value "$@"; executor_port=$2; shift ;;
    --data-dir) has_value "$@"; data_dir=$2; shift ;;
    --binary) has_value "$@"; binary=$(realpath -m -- "$2") build=''; shift ;;
    *) misused "unknown option $1" ;;
    esac
    shift
done
for number in "$port" "$executor_port"; do
    [[ -z $number ]] || { [[ $number =~ ^[0-9]{1,5}$ ]] && ((10#$number <= 65535)); } || misused "$number is not a port"
done

if [[ -z $data_dir ]]; then
    if [[ -n ${YGG_DATA_DIR:-} ]]; then
        data_dir=$YGG_DATA_DIR
    elif ((EUID == 0)); then
        data_dir=/var/lib/yggdrasil
    else
        data_dir=${XDG_STATE_HOME:-$HOME/.local/state}/yggdrasil
    fi
fi
(umask 077 && mkdir -p "$data_dir/logs") || die "cannot write to the data directory $data_dir" "Name another one with --data-dir."
data_dir=$(cd "$data_dir" && pwd -P)
log=$data_dir/logs/up.log
pid_file=$data_dir/up.pid
ready_file=$data_dir/up.json # the ready line of the ygg that up.pid names

# running: the pid of the ygg that this script started on this data directory earlier, if it is alive and answers.
running() {
    local id address
    id=$(cat "$pid_file" 2>/dev/null) && address=$(jq -er .address "$ready_file" 2>/dev/null) || return 1
    # A pid is reused one day; only a ygg with this data directory among its arguments is ours.
    tr '\0' '\n' 2>/dev/null <"/proc/$id/cmdline" | grep -qxF -- "$data_dir" || return 1
    curl -fsS -m 5 -o /dev/null "$address/health" 2>/dev/null || return 1
    printf '%s\n' "$id"
}

# first_task: real work on this very repository, and its result.
signals=0 # how often this script was told to stop
first_task() {
    local kind=(git-log -p "repo=$ROOT")
    if ! git -C "$ROOT" rev-parse -q --verify HEAD >/dev/null 2>&1; then
        say "this is not a clone with a history, so the first task looks at the disk instead"
        kind=(ops-disk)
    fi
    say "the first task: ygg task submit ${kind[*]} --wait"
    YGG_COORDINATOR=$address timeout --foreground 120 "$binary" task submit "${kind[@]}" --wait && return
    ((signals > 0)) || warn "the first task did not succeed; its story: $binary task list; what was logged: $log"
    return 1
}

try_next() {
    # shellcheck disable=SC2016 # $PATH is for the reader to expand
    printf '\nWhat to try next:\n    export PATH="%s:$PATH"\n' "$(dirname "$binary")"
    [[ $address == "${YGG_COORDINATOR:-http://127.0.0.1:5080}" ]] || echo "    export YGG_COORDINATOR=$address"
    cat <<EOF
    ygg task list
    ygg kind list
    ygg task submit ops-disk --wait
    ygg task submit dev-test -p repo=$ROOT --follow
    curl -s $address/v1/tasks
EOF
}

need_packages build runtime scripts

if pid=$(running); then
    [[ -x $binary ]] || die "already running (pid $pid), but there is no ygg at $binary to talk to it with" \
        "Stop it (kill $pid) and run this again."
    address=$(jq -r .address "$ready_file")
    say "already running: $address (pid $pid, data in $data_dir)"
    [[ -z $build ]] || echo "    Nothing was built. To run a newer build: kill $pid, then run this again."
    status=0
    first_task || status=$?
    try_next
    printf '\nTo stop it: kill %s\n' "$pid"
    exit "$status"
fi

# The port is asked before the build, so that nobody waits minutes to hear that it is taken. Where a configuration file
# may name another one, ygg itself is the judge.
configuration_exists() {
    local file
    [[ -z ${YGG_CONFIG:-} ]] || return 0
    for file in ./yggdrasil.yaml "${XDG_CONFIG_HOME:-${HOME:-/root}/.config}/yggdrasil/yggdrasil.yaml" \
        /etc/yggdrasil/yggdrasil.yaml; do
        [[ ! -e $file ]] || return 0
    done
    return 1
}
if [[ -n ${port:-${YGG_PORT:-}} ]] || ! configuration_exists; then
    check_port "${port:-${YGG_PORT:-5080}}" "choose another one with --port PORT (0 picks a free one)"
fi
[[ -z ${executor_port:-${YGG_EXECUTOR_PORT:-}} ]] ||
    check_port "${executor_port:-$YGG_EXECUTOR_PORT}" "choose another one with --executor-port PORT (0 picks a free one)"

if [[ -n $build ]]; then
    check_swift
    check_disk "$ROOT/.build"
    say "building ygg (a first build takes several minutes, later ones seconds)"
    swift_release || die "ygg could not be built"
fi
[[ -x $binary ]] || die "there is no ygg at $binary" "Run this again without --no-build and --binary, which builds one."

exec {lock}>"$data_dir/up.lock"
flock -n "$lock" || die "another scripts/up.sh is starting on $data_dir"

arguments=(up --data-dir "$data_dir")
[[ -z $port ]] || arguments+=(--port "$port")
[[ -z $executor_port ]] || arguments+=(--executor-port "$executor_port")

say "starting ygg ${arguments[*]}"
rm -f "$ready_file"
[[ ! -s $log ]] || mv -f "$log" "$log.1"
# A session of its own: Ctrl-C at the terminal reaches this script alone, which passes it on once.
setsid "$binary" "${arguments[@]}" </dev/null >"$log" 2>&1 {lock}>&- &
pid=$!
printf '%s\n' "$pid" >"$pid_file"

stop_ygg() {
    signals=$((signals + 1))
    ((signals > 1)) || printf '\n==> stopping; running tasks may finish (again: stop now)\n' >&2
    kill -TERM "$pid" 2>/dev/null || true
}
trap stop_ygg INT TERM HUP

# attend: stays until ygg has ended, through any number of signals, and answers with its exit status.
attend() {
    local status seen
    while true; do
        seen=$signals status=0
        wait "$pid" || status=$?
        ((signals > seen)) || break # else it is this shell's wait that ended, not ygg
    done
    rm -f "$pid_file" "$ready_file"
    return "$status"
}

ready_line() {
    jq -cR 'fromjson? | select(type == "object" and .event? == "ready")' "$log" 2>/dev/null | head -n 1
}

deadline=$((SECONDS + 60))
until line=$(ready_line) && [[ -n $line ]]; do
    if ! kill -0 "$pid" 2>/dev/null; then
        status=0
        attend || status=$?
        ((signals == 0)) || exit 130
        tail -n 20 "$log" >&2
        die "ygg ended with status $status before it was ready" "Its last words are above; all of them: $log"
    fi
    if ((SECONDS >= deadline)); then
        stop_ygg
        attend || true
        tail -n 20 "$log" >&2
        die "ygg was not ready after 60 s" "Its last words are above; all of them: $log"
    fi
    sleep 0.1
done
printf '%s\n' "$line" >"$ready_file"
exec {lock}>&-
address=$(jq -r .address <<<"$line")
say "ready: $address (executor $(jq -r .executorAddress <<<"$line"), data in $data_dir)"

status=0
if ((signals == 0)); then
    first_task || status=$?
fi
if ((signals == 0)); then
    try_next
    if [[ -n $detach ]]; then
        trap - INT TERM HUP
        printf '\nLeft running (pid %s, log in %s). To stop it: kill %s\n' "$pid" "$log" "$pid"
        exit "$status"
    fi
    printf '\nRunning; log in %s. Ctrl-C stops it.\n' "$log"
fi
status=0
attend || status=$?
((status == 0)) || die "ygg ended with status $status" "Its log: $log"
say "stopped"
