# shellcheck shell=bash disable=SC2154
# What may happen to a household while it works. Sourced by test-containers.sh, after fleet.sh.

tasks=200
batch=w$RANDOM

submit_all() {
    jq -nc --argjson n "$tasks" --arg batch "$batch" '[range($n) | {id: "\($batch)-\(.)", kind: "work-mark", title: "Mark \(.)"}] | {tasks: .}' |
        api -H 'Content-Type: application/json' -d @- "$coordinator_url/v1/tasks:batch" >"$work/submitted"
}

count() {
    api "$coordinator_url/v1/tasks?prefix=work-&state=$1&limit=200" |
        jq --arg batch "$batch-" '[.items[] | select(.id | startswith($batch))] | length'
}

# ended: how many have come to an end, whichever.
ended() {
    local state number sum=0
    for state in succeeded failed cancelled; do
        number=$(count "$state") || return
        sum=$((sum + number))
    done
    printf '%s' "$sum"
}

finished() {
    local number
    number=$(ended) && ((number >= $1))
}

still_waiting() {
    local number
    number=$(ended) && ((number < tasks))
}
none_open() { finished "$tasks" || { printf 'succeeded %s, running %s, queued %s\n' "$(count succeeded)" "$(count running)" "$(count queued)" && return 1; }; }
works() { equal "$(fleet executor show "$1" --json | jq -r .state)" "${2:-running}"; }

# lose_power NAME: nobody is told, neither the process nor podman's own watcher; and what lived in memory is gone.
lose_power() {
    local pids
    # Until nobody is there: podman's watcher may have begun to start something anew.
    while pids=$(ip netns pids "$account-$1") && [[ -n $pids ]]; do xargs kill -KILL <<<"$pids" 2>/dev/null || true; done
    rm -rf "$work/m/$1"/{xdg,run,tmp}/*
}

# boot NAME: as podman-restart.service does, and sshd's.
boot() { at "$1" podman start --all --filter restart-policy=always && serve_ssh "$1"; }

# version NAME: an image of an executor as good as the first, under a digest of its own.
version() {
    printf 'FROM %s\nLABEL yggdrasil.test=%s\n' "$registry/yggdrasil-executor:$tag" "$1" |
        podman build -q --format docker -t "$registry/yggdrasil-executor:$1" -f - "$work/host/tmp" &&
        podman push -q --format v2s2 "$registry/yggdrasil-executor:$1"
}

broken_image() {
    printf 'FROM %s\nENTRYPOINT ["tini", "-s", "--", "false"]\n' "$registry/yggdrasil-executor:$tag" | podman build -q --format docker -t "$registry/yggdrasil-executor:broken" -f - "$work/host/tmp" &&
        podman push -q --format v2s2 "$registry/yggdrasil-executor:broken"
}

# every_attempt: marks of all machines: TASK EPOCH, a line each.
every_attempt() {
    local name
    for name in fenrir surtr huginn; do at "$name" podman exec "yggdrasil-$name" grep "^$batch-" /data/marks; done
}

none_lost() {
    equal "$(count succeeded)" "$tasks" &&
        equal "$(every_attempt | cut -d' ' -f1 | sort -u | wc -l)" "$tasks"
}

# none_doubled: no attempt ran twice, and every task ended once, in one attempt that counts.
none_doubled() {
    local again id
    again=$(every_attempt | sort | uniq -d)
    [[ -z $again ]] || { echo "ran twice: $again" && return 1; }
    for ((id = 0; id < tasks; id++)); do
        api "$coordinator_url/v1/tasks/$batch-$id/events?limit=200" |
            jq -e '[.items[] | select(.type == "state" and .data.state == "succeeded")] | length == 1' >/dev/null ||
            { echo "$batch-$id:" && api "$coordinator_url/v1/tasks/$batch-$id/events?limit=200" | jq -c '.items[] | [.seq, .type, .data]' && return 1; }
    done
}

# write_cut_ssh: a connection that drops when a new container has been found good, before whoever asked for that hears so.
write_cut_ssh() {
    cat >"$work/cut-ssh" <<EOF
#!/usr/bin/env bash
set -euo pipefail
sent=\$(cat)
ssh -F $work/operator/ssh_config "\$@" <<<"\$sent"
[[ \$(tail -n 1 <<<"\$sent") != *accept* ]] || exit 255
EOF
    chmod 755 "$work/cut-ssh"
}

# nothing_is_set_aside: a machine that takes no file keeps what it runs.
nothing_is_set_aside() {
    local before status=0
    before=$(image_of huginn)
    at huginn chmod -R u-w .config/yggdrasil/huginn
    refuses deploy --tag next --only huginn && equal "$(image_of huginn)" "$before" || status=1
    at huginn chmod -R u+w .config/yggdrasil/huginn
    return "$status"
}

# fetched MACHINE TAG: whether it has that image, however it came there.
fetched() { at "$1" podman image exists "$registry/yggdrasil-executor@$(skopeo inspect "docker://$registry/yggdrasil-executor:$2" | jq -r .Digest)"; }

# two_are_kept: surtr's first image goes. huginn was given its own by hand, with a tag.
two_are_kept() {
    local before
    before=$(at surtr podman images -q --no-trunc | sort -u | wc -l)
    fetched surtr "$tag" && version third && deploy --only huginn,surtr --tag third || return 1
    fetched surtr next && fetched surtr third && refuses fetched surtr "$tag" || return 1
    equal "$(at surtr podman images -q --no-trunc | sort -u | wc -l)" "$before" &&
        fetched huginn "$tag" && fetched huginn next && fetched huginn third
}

image_of() { at "$1" podman inspect "yggdrasil-$1" --format '{{index .Config.Labels "yggdrasil.image"}} {{.State.Running}}'; }

test_faults() {
    step "the next version is pushed" version next
    step "$tasks tasks are taken at once" submit_all
    check "they are being done" eventually 30 finished 10

    ip link set "$bridge-13" down
    check "huginn is cut off, and found lost" eventually 30 works huginn lost
    lose_power fenrir
    check "fenrir loses its power, and is found lost" eventually 30 works fenrir lost
    ip link set "$bridge-13" up
    check "huginn is back by itself when the network is" eventually 60 works huginn
    boot fenrir >/dev/null 2>"$work/boot.log" || cat "$work/boot.log"
    check "fenrir is back when it has power again" eventually 60 works fenrir
    before=$(count succeeded)
    check "tasks are still waiting when the upgrade begins ($before of $tasks are done)" still_waiting
    check "surtr is upgraded meanwhile" deploy --only surtr --tag next
    check "and runs what it should" equal "$(image_of surtr)" \
        "$registry/yggdrasil-executor@$(skopeo inspect "docker://$registry/yggdrasil-executor:next" | jq -r .Digest) true"
    check "all tasks end" eventually 600 none_open
    check "none is lost" none_lost
    check "none is doubled" none_doubled
    printf '      attempts that were begun again elsewhere: %s\n' $(($(every_attempt | wc -l) - tasks))

    step "a broken version is pushed" broken_image
    before=$(image_of huginn)$(image_of fenrir)$(image_of surtr)
    check "three machines run what they were given" says '^(\S+@sha256:[0-9a-f]{64} true){3}$' <<<"$before"
    check "its deployment fails at the canary" refuses deploy --tag broken --only huginn,fenrir,surtr
    check "which runs what it ran before, and nobody else was touched" equal "$(image_of huginn)$(image_of fenrir)$(image_of surtr)" "$before"
    check "and it works" went_to huginn ops-disk
    check "where a machine takes no file, what it runs stays" nothing_is_set_aside
    write_cut_ssh
    check "an upgrade whose connection drops at its very end is told to have failed" \
        refuses deploy --ssh "$work/cut-ssh" --tag next --only huginn
    check "and stays, since it was found good" says 'runs sha256:[0-9a-f]+ already' <<<"$(deploy --tag next --only huginn)"
    check "and works" went_to huginn ops-disk
    check "a machine keeps the images of two versions, and what is not ours to remove" two_are_kept
    check "a stopped container has handed back its work and ends with 0" stops_in_order
}

stops_in_order() {
    at huginn podman stop -t 60 yggdrasil-huginn >/dev/null && equal "$(at huginn podman inspect yggdrasil-huginn --format '{{.State.ExitCode}}')" 0
}
