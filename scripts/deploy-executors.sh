#!/usr/bin/env bash
# Brings every machine of a fleet to one version: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/deploy/lib.sh
. "$ROOT/scripts/deploy/lib.sh"

usage() {
    cat <<'EOF2'
Brings the machines of fleet.yaml to one version of the images: the coordinator first, then one executor (the canary), then
the others, all at once.

usage: scripts/deploy-executors.sh [options]

  --file FILE         the inventory (fleet.yaml); docs/fleet.example.yaml is one to begin with
  --tag TAG           the version (the inventory's, else latest)
  --only NAME[,NAME]  these alone; the coordinator is called coordinator
  --canary NAME       who goes first (the inventory's, else its first machine)
  --ssh COMMAND       how a machine is reached: COMMAND TARGET bash -s
                      (YGG_DEPLOY_SSH, else ssh -o BatchMode=yes -o ConnectTimeout=10). A target "local" needs none
  --ygg FILE          the ygg that reads the inventory (on PATH, one that was built here, else that of the
                      coordinator's image, where this machine has it)
  --patience SECONDS  how long a container may take to be healthy, and a task to be done (60)
  --dry-run           print every command, ask no machine anything, and do nothing
  --help              this text

On each machine: the image is fetched by digest, the executor is drained, its container replaced; then it has to pass its
own health check and do a task that only it may do. Where it does not, what ran before is started again, and the fleet is
left as it is: the others are not touched once the canary fails. A machine that already runs what it should is left alone.
A new machine is invited and joins by itself; no secret is in anybody's arguments.

An executor that somebody paused is brought up to date and stays paused, without the task.
Run it again after it was cut off: what was set aside on a machine comes back first.

STATUS  0 everything runs as the inventory says, 1 something was rolled back or not done, 2 usage
EOF2
}

file=fleet.yaml tag='' only='' canary='' dry_run='' patience=60 YGG=${YGG:-}
ssh=${YGG_DEPLOY_SSH:-ssh -o BatchMode=yes -o ConnectTimeout=10}
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=yes ;;
    --file) has_value "$@"; file=$2; shift ;;
    --tag) has_value "$@"; tag=$2; shift ;;
    --only) has_value "$@"; only=$2; shift ;;
    --canary) has_value "$@"; canary=$2; shift ;;
    --ssh) has_value "$@"; ssh=$2; shift ;;
    --ygg) has_value "$@"; YGG=$2; shift ;;
    --patience) has_value "$@"; patience=$2; shift ;;
    *) misused "unknown option $1" ;;
    esac
    shift
done
[[ $patience =~ ^[1-9][0-9]{0,4}$ ]] || misused "--patience $patience is no number of seconds"

for needed in curl jq; do
    command -v "$needed" >/dev/null || need_packages scripts
done
read_fleet "$file"
[[ -n $tag ]] || tag=$(jq -r .tag <<<"$fleet")
[[ -n $canary ]] || canary=$(jq -r .canary <<<"$fleet")
mapfile -t names < <(jq -r '"coordinator", .machines[].name' <<<"$fleet")

# is_known NAME: whether the inventory has it.
is_known() { [[ " ${names[*]} " == *" $1 "* ]]; }
[[ " ${names[*]:1} " == *" $canary "* ]] || die "the canary $canary is no executor of $file" "They are: ${names[*]:1}"
if [[ -n $only ]]; then
    IFS=, read -ra chosen <<<"$only"
    for name in "${chosen[@]}"; do
        is_known "$name" || die "$file has no machine $name" "It has: ${names[*]}"
    done
else
    chosen=("${names[@]}")
fi

# tell NAME TEXT: a line about one machine.
tell() { printf '%-12s %s\n' "$1" "$2"; }

# explain NAME: the same for every line of the input.
explain() {
    local line
    while IFS= read -r line; do tell "$1" "$line"; done
}

# do_on NAME CALL…: as `on`, with what it says told as of that machine.
do_on() { on "$@" 2>&1 | explain "$1"; }

# coordinator ARGUMENT…: a command of ygg as the coordinator's operator.
coordinator() { on coordinator ygg "$@"; }

# state_of NAME: of an executor, as the coordinator has it; nothing where it was never seen. One that an earlier deployment
# drained, and that was then cut off, is told apart from one that somebody paused.
note='deploy-executors.sh brings it up to date'
state_of() {
    [[ -z $dry_run ]] || { echo running && return; }
    coordinator executor show "$1" --json 2>/dev/null |
        jq -r --arg note "$note" 'if .state == "paused" and .why == $note then "drained" else .state // empty end' || true
}

# comes_back NAME: waits until a process that was started anew has told the coordinator so.
comes_back() {
    local deadline=$((SECONDS + patience)) state
    while true; do
        state=$(state_of "$1")
        case $state in
        running | paused | drained) return 0 ;;
        esac
        ((SECONDS < deadline)) || { tell "$1" "the coordinator does not hear it (${state:-never seen})" && return 1; }
        sleep 1
    done
}

# resume NAME: it takes work again, and keeps the order to.
resume() { [[ -n $dry_run ]] || comes_back "$1" && coordinator executor resume "$1" --wait --timeout "${patience}s" >/dev/null; }

# probe NAME: a task that nobody else may do, through the queue.
probe() {
    local id
    id=deploy-probe-$1-$(date +%s)
    if coordinator task submit bench-noop --id "$id" --title "Is $1 well?" --label "executor=$1" --priority 0 \
        --wait --timeout "${patience}s" --json >/dev/null; then return 0; fi
    coordinator task why "$id" || true
    coordinator task cancel "$id" >/dev/null || true
    return 1
}

# ready NAME: everything that can be done before what runs is touched. Answers 3 where nothing is to be done.
ready() {
    local name=$1 role machine
    role=$(of "$name" .image)
    if [[ -z $dry_run ]]; then
        machine=$(on "$name" machine | sed -n 's/^machine //p') || true
        [[ -n $machine ]] || { tell "$name" "cannot be reached at $(of "$name" .ssh), or lacks podman; nothing was done" && return 1; }
        machine=$(architecture "$machine")
        [[ " ${architectures[$role]} " == *" $machine "* ]] || {
            tell "$name" "is $machine, and yggdrasil-$role:$tag is for ${architectures[$role]}; nothing was done"
            tell "$name" "build it for that machine, too: scripts/build-and-push.sh --arch $machine"
            return 1
        }
        if on "$name" current 2>/dev/null; then
            tell "$name" "runs ${images[$role]##*@} already"
            return 3
        fi
    fi
    do_on "$name" lasting && do_on "$name" recover || return 1
    tell "$name" "fetching ${images[$role]}"
    do_on "$name" pull
}

# changed NAME: replaces the container and waits for its health.
changed() { do_on "$1" replace && do_on "$1" healthy; }

deploy_coordinator() {
    local status=0
    ready coordinator || status=$?
    ((status != 3)) || return 0
    ((status == 0)) || return 1
    tell coordinator "replacing it; executors keep their work meanwhile"
    if changed coordinator && coordinator health >/dev/null && do_on coordinator accept; then
        tell coordinator "is up to date"
        do_on coordinator tidy || true # nothing depends on it
        return 0
    fi
    tell coordinator "is not well; what ran before comes back"
    do_on coordinator rollback ||
        tell coordinator "and does not: a newer version may have changed its store. docs/operations.md (Upgrades) says how to go back"
    return 1
}

# enrol NAME: lets a machine join that has no key yet.
enrol() {
    local invitation
    ! on "$1" joined 2>/dev/null || return 0
    tell "$1" "joins the fleet${dry_run:+, if it has no key yet}"
    if [[ -n $dry_run ]]; then
        coordinator token create "$1" --role join
        invitation='the invitation, by standard input'
    else
        # What it says beside the invitation is for people who join by hand.
        invitation=$(coordinator token create "$1" --role join 2>/dev/null) || return 1
    fi
    do_on "$1" join
}

deploy_executor() {
    local name=$1 status=0 state
    ready "$name" || status=$?
    ((status != 3)) || return 0
    ((status == 0)) || return 1
    enrol "$name" || { tell "$name" "could not join; nothing was changed" && return 1; }
    state=$(state_of "$name")
    if [[ $state == running ]]; then
        tell "$name" "draining"
        coordinator executor drain "$name" --wait --timeout "$(stop_timeout "$name" 60)s" --note "$note" >/dev/null || {
            tell "$name" "could not be drained; it goes on as it is"
            resume "$name" || true
            return 1
        }
    fi
    tell "$name" "replacing its container"
    if changed "$name" && well "$name" "$state" && do_on "$name" accept; then
        tell "$name" "is up to date"
        do_on "$name" tidy || true
        return 0
    fi
    tell "$name" "is not well; what ran before comes back"
    if do_on "$name" rollback; then
        [[ -z $state || $state == paused ]] || resume "$name" || true
    else
        tell "$name" "and does not; look at it there: podman logs yggdrasil-$name"
    fi
    return 1
}

# well NAME STATE: whether it works, seen from the queue. One that was paused stays so, and is not tried.
well() {
    if [[ $2 == paused ]]; then
        tell "$1" "was paused by somebody, and stays so; no task was tried"
        [[ -n $dry_run ]] || comes_back "$1"
        return
    fi
    if resume "$1" && probe "$1"; then return 0; fi
    do_on "$1" last_words
    return 1
}

# wants NAME: whether it was asked for.
wants() { [[ " ${chosen[*]} " == *" $1 "* ]]; }

[[ -z $dry_run ]] || exec 9>&1 # where a dry run says what would be done, whoever looks at the output
executors=()
for name in "${names[@]:1}"; do
    if wants "$name"; then executors+=("$name"); fi
done
for role in $(for name in "${chosen[@]}"; do of "$name" .image; done | sort -u); do
    resolve_image "$role" "$tag"
    say "$role: ${images[$role]}${architectures[$role]:+ (${architectures[$role]})}"
done
for name in coordinator "${executors[@]}"; do variables[$name]=$(variables_of "$name"); done

if wants coordinator; then
    deploy_coordinator || die "the coordinator was not brought up to date; no executor was touched"
fi
((${#executors[@]} > 0)) || exit 0
[[ -n $dry_run ]] || coordinator health >/dev/null || die "the coordinator cannot be asked, so no executor was touched" \
    "What is said above says why. It is expected in the container yggdrasil-coordinator on $(of coordinator .ssh)."
wants "$canary" || canary=${executors[0]}
deploy_executor "$canary" || die "$canary goes first, and did not go well; no other executor was touched" \
    "Its log: ssh $(of "$canary" .ssh) podman logs yggdrasil-$canary"

declare -A pids=()
for name in "${executors[@]}"; do
    [[ $name != "$canary" ]] || continue
    if [[ -n $dry_run ]]; then
        deploy_executor "$name" # one after the other, to be read
    else
        deploy_executor "$name" &
        pids[$name]=$!
    fi
done
failed=()
for name in "${!pids[@]}"; do
    wait "${pids[$name]}" || failed+=("$name")
done
((${#failed[@]} == 0)) || die "not brought up to date: ${failed[*]}" "What is said above about each says why; the others are."
[[ -n $dry_run ]] || say "every machine that was asked for runs $tag"
