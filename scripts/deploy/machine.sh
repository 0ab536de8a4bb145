# shellcheck shell=bash disable=SC2154  # the variables are sent with it
# What is done on one machine. deploy-executors.sh and join-machine.sh send this file there, over the standard input of a
# bash, with the variables that it reads and one call at the end; so nothing of it is in anybody's arguments. Needs podman.
#
# Reads: name, image (by digest), settings (a hash of all but the image), directory and config (where yggdrasil.yaml goes and
# its text), options, rootless_options, command, plain_http, registry, grace, patience (seconds), coordinator_url, deployment
# (an id of the one that is going on; what it starts has it as a label).
# {home} in an option is the home of whoever runs this.

container=yggdrasil-$name

fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '  %s\n' "$@" >&2
    return 1
}

is_rootless() { [[ $(podman info --format '{{.Host.Security.Rootless}}') == true ]]; }

# Everything that `podman run` is given but the name, the labels, the image and the command, in `arguments`.
run_arguments() {
    local option
    arguments=()
    for option in "${options[@]}"; do arguments+=("${option//'{home}'/$HOME}"); done
    if is_rootless; then arguments+=("${rootless_options[@]}"); fi
}

# current: whether what is to be deployed runs already, and was found good.
current() {
    local found
    if podman container exists "$container-previous"; then return 1; fi
    found=$(podman container inspect "$container" --format \
        '{{.State.Running}} {{index .Config.Labels "yggdrasil.image"}} {{index .Config.Labels "yggdrasil.settings"}}' \
        2>/dev/null) || return 1
    [[ $found == "true $image $settings" ]] || return 1
    [[ $(tail -n 1 "$HOME/.config/yggdrasil/$name/deployments" 2>/dev/null) == *" deployed $image $settings $(deployed_by)" ]]
}

# deployed_by: the deployment that started the container which has the name now; nothing where there is none.
deployed_by() {
    podman container inspect "$container" --format '{{index .Config.Labels "yggdrasil.deployment"}}' 2>/dev/null || true
}

# accepted: whether that deployment found it good, whatever came after.
accepted() {
    local id
    id=$(deployed_by)
    [[ -n $id ]] && grep -qs " deployed .* $id\$" "$HOME/.config/yggdrasil/$name/deployments"
}

# recover: what an earlier deployment, cut off in its middle, left aside comes back first. Where it was cut off after it had
# found the new container good, what is left aside goes.
recover() {
    podman container exists "$container-previous" || return 0
    if accepted; then
        podman rm -f "$container-previous" >/dev/null
    else
        echo "an earlier deployment was cut off; what ran before it comes back first"
        rollback
    fi
}

# lasting: containers come back after a restart of the machine, and outlive the session of whoever started them.
lasting() {
    local state scope=()
    command -v systemctl >/dev/null || return 0
    if is_rootless; then scope=(--user); fi
    systemctl "${scope[@]}" enable podman-restart.service >/dev/null 2>&1 || true # there may be no systemd to ask
    is_rootless && command -v loginctl >/dev/null || return 0
    state=$(loginctl show-user "$(id -un)" -p Linger --value 2>/dev/null) || return 0
    [[ $state != no ]] ||
        echo "warning: containers end when $(id -un) logs out; once, as root: loginctl enable-linger $(id -un)"
}

machine() {
    command -v podman >/dev/null || fail "there is no podman on this machine" "Install it, then run this again." || return
    printf 'machine %s\n' "$(uname -m)"
}

pull() {
    local verify=()
    ! podman image exists "$image" || return 0
    [[ -z $plain_http ]] || verify=(--tls-verify=false)
    podman pull -q "${verify[@]}" "$image" >/dev/null || fail "the image could not be pulled: $image" \
        "Is the registry up, and known to this machine? curl -f $registry/v2/ there tells. What runs goes on."
}

# A directory for each content, so that an older container finds its own when it comes back.
write_config() {
    local folder=${directory//'{home}'/$HOME}
    (umask 022 && mkdir -p "$folder" && printf '%s\n' "$config" >"$folder/yggdrasil.yaml.new") || return
    mv -f "$folder/yggdrasil.yaml.new" "$folder/yggdrasil.yaml"
}

# joined: whether its data has a key that was made for this coordinator. Without one it needs an invitation.
joined() {
    local mapping=()
    if is_rootless; then mapping=("${rootless_options[@]}"); fi
    podman run --rm "${mapping[@]}" --network none --volume "$container-data:/data" --entrypoint grep "$image" \
        -qsF "\"$coordinator_url\"" /data/executor/key.json
}

# join: makes the machine's own key. The invitation comes by standard input, which no other user can read.
join() {
    local mapping=()
    if is_rootless; then mapping=("${rootless_options[@]}"); fi
    printf '%s\n' "$invitation" |
        podman run --rm -i "${mapping[@]}" --network host --read-only --tmpfs /tmp --volume "$container-data:/data" \
            "$image" executor join --data-dir /data --coordinator "$coordinator_url" --token -
}

# replace: the container that runs is set aside, the new one is started.
replace() {
    local arguments
    write_config && run_arguments || return
    if podman container exists "$container"; then
        podman stop -t "$grace" "$container" >/dev/null && podman rename "$container" "$container-previous" || return
    fi
    podman run -d --name "$container" --label "yggdrasil.image=$image" --label "yggdrasil.settings=$settings" \
        --label "yggdrasil.deployment=$deployment" "${arguments[@]}" "$image" "${command[@]}" >/dev/null
}

# healthy: waits for the container's own health check, and shows its last words where it does not pass.
healthy() {
    local deadline=$((SECONDS + patience)) restarts
    until podman healthcheck run "$container" >/dev/null 2>&1; do
        restarts=$(podman container inspect "$container" --format '{{.RestartCount}}' 2>/dev/null) || restarts=0
        if ((SECONDS >= deadline || restarts >= 3)); then
            last_words
            fail "$container is not healthy (started again $restarts times); its last words are above"
            return
        fi
        sleep 1
    done
}

record() {
    mkdir -p "$HOME/.config/yggdrasil/$name" &&
        printf '%s %s %s %s %s\n' "$(date -u +%FT%TZ)" "$1" "$image" "$settings" "$deployment" \
            >>"$HOME/.config/yggdrasil/$name/deployments"
}

# last_words: what it said, for whoever asks why it was taken away.
last_words() { podman logs --tail 20 "$container" 2>&1 || true; }

# accept: it is good; what it replaced goes. Its image stays (tidy). It is written down first: whoever is cut off
# after that finds by it that there is nothing to go back to.
accept() {
    record deployed || return
    if podman container exists "$container-previous"; then podman rm -f "$container-previous" >/dev/null; fi
}

# needed_images: of every container of ours here, the one that it was last found good with and the one before, to go back to.
needed_images() {
    local records action found current previous
    for records in "$HOME"/.config/yggdrasil/*/deployments; do
        current='' previous=''
        while read -r _ action found _; do
            [[ $action == deployed && $found != "$current" ]] || continue
            previous=$current current=$found
        done <"$records"
        printf '%s\n' "$current" "$previous"
    done
}

# tidy: what earlier deployments of this container fetched goes, where nothing needs it any more. An image that has a tag
# was given it by somebody, who may want it; and one may be known by several digests.
tidy() {
    local needed ids='' old id tags
    needed=$(needed_images | sort -u)
    for old in $needed; do ids+=" $(podman image inspect "$old" --format '{{.Id}}' 2>/dev/null || true) "; done
    while read -r old; do
        read -r id tags < <(podman image inspect "$old" --format '{{.Id}} {{len .RepoTags}}' 2>/dev/null) || continue
        [[ $ids != *" $id "* && $tags == 0 ]] || continue
        if podman rmi "$old" >/dev/null 2>&1; then echo "removed $old, which ran here before the last two"; fi
    done < <(cut -d' ' -f3 "$HOME/.config/yggdrasil/$name/deployments" | sort -u)
}

# rollback: what ran before runs again, as it was. Only what this deployment started and did not find good is removed. What was
# found good stays: the deployment did not get as far as setting it aside, or it is the new one, whose caller was cut off
# before it heard so.
rollback() {
    if accepted; then
        if podman container exists "$container-previous"; then podman rm -f "$container-previous" >/dev/null || return; fi
        echo "what runs was found good, and stays"
    elif podman container exists "$container-previous"; then
        if podman container exists "$container"; then podman rm -f -t 10 "$container" >/dev/null || return; fi
        podman rename "$container-previous" "$container" || return
        record rolled-back || true # a full disk may be why it came to this; what ran before comes back all the same
    elif ! podman container exists "$container"; then
        echo "there was none before, so nothing runs"
        return
    elif [[ $(deployed_by) == "$deployment" ]]; then
        podman rm -f -t 10 "$container" >/dev/null || return
        record rolled-back || true
        echo "there was none before, so nothing runs"
        return
    fi
    podman start "$container" >/dev/null && healthy
}

# ygg ARGUMENT…: a command of the coordinator's operator, on its machine.
ygg() { podman exec --env YGG_DATA_DIR=/data yggdrasil-coordinator ygg "$@"; }

# drop_in: lets podman take images from this one registry over plain HTTP, which it refuses even on localhost.
drop_in() {
    local folder=/etc/containers/registries.conf.d host=${registry#*://}
    [[ -n $plain_http ]] || return 0
    host=${host%%/*}
    if is_rootless; then folder=$HOME/.config/containers/registries.conf.d; fi
    mkdir -p "$folder" &&
        printf '# Written by Yggdrasil: this registry speaks plain HTTP.\n[[registry]]\nlocation = "%s"\ninsecure = true\n' \
            "$host" >"$folder/yggdrasil-${host//[^A-Za-z0-9.]/-}.conf"
}

# join_here: everything that makes a machine one of the fleet, for the line of join-machine.sh.
join_here() {
    machine >/dev/null || return
    if podman container exists "$container"; then
        fail "$container is here already" "scripts/deploy-executors.sh --only $name brings it up to date."
        return
    fi
    [[ $(uname -m) == "$expected" ]] || fail "this machine is $(uname -m), and the image is for $expected" || return
    lasting && drop_in && echo "fetching $image" && pull || return
    joined || join || return
    if ! { replace && healthy; }; then
        rollback
        return 1
    fi
    record deployed
    echo "$name runs here, and works for the fleet at $coordinator_url"
}
