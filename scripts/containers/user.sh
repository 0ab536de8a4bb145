# shellcheck shell=bash disable=SC2154,SC2016  # what runs in containers is for their shells to expand
# What belongs to whom where containers are an ordinary user's. Sourced by test-containers.sh, with `registry` and `tag`.

# Every machine runs its containers so; the whole table is docker/run-options.tsv.
as_ygg=("--userns=keep-id:uid=10001,gid=10001" --network host --read-only --tmpfs /tmp --no-healthcheck)

alone() { at loki podman run --rm "${as_ygg[@]}" "$@"; }

mounted_key() {
    alone -v "$work/m/loki/keys:/etc/yggdrasil/ssh:ro,Z" --entrypoint ssh-keygen "$executor_image" -y -f /etc/yggdrasil/ssh/id_ed25519 |
        cut -d' ' -f1,2 | diff - <(cut -d' ' -f1,2 "$work/m/loki/keys/id_ed25519.pub")
}

commit_there() {
    alone -v "$work/m/loki/repository:/workspace/household:z" --entrypoint sh "$executor_image" -c '
        cd /workspace/household && echo more >>notes && git -c user.name=Freya -c user.email=freya@localhost commit -qam "From a container"' &&
        [[ $(at loki git -C "$work/m/loki/repository" log -1 --format=%s) == "From a container" ]] &&
        all_belong_to_their_user "$work/m/loki/repository"
}

# Somebody else's repository is read all the same: the other side of a local fetch would refuse it otherwise.
stranger_is_served() {
    at loki podman run --rm --userns=keep-id:uid=4242,gid=4242 --network none --no-healthcheck --user 10001:10001 --tmpfs /tmp \
        -v "$work/m/loki/repository:/workspace/household:ro,z" --entrypoint git "$executor_image" clone -q /workspace/household /tmp/copy
}

lint_alone() {
    alone -v "$work/m/loki/repository:/workspace:z" "$executor_image" run git-log -p repo=/workspace
}

test_user() {
    local executor_image=$registry/yggdrasil-executor:$tag
    add_machine loki 21
    at loki mkdir -p "$work/m/loki/keys" "$work/m/loki/repository"
    at loki ssh-keygen -q -t ed25519 -N '' -f "$work/m/loki/keys/id_ed25519"
    at loki git -C "$work/m/loki/repository" init -q -b main
    at loki bash -c "cd '$work/m/loki/repository' && echo one >notes && git add . &&
        git -c user.name=Freya -c user.email=freya@localhost commit -qm 'The first'"
    step "an ordinary user's podman has the image" at loki podman pull -q --tls-verify=false "$executor_image"
    check "the process is 10001 in the container and its user outside" says "^10001 10001$" <<<"$(alone --entrypoint sh "$executor_image" -c 'echo $(id -u) $(id -g)')"
    check "it reads a key that its user alone may read" mounted_key
    check "it commits to a mounted repository, whose files stay its user's" commit_there
    check "with plain keep-id it may do neither" ends_with 1 at loki podman run --rm --userns=keep-id --network none --no-healthcheck \
        -v "$work/m/loki/keys:/etc/yggdrasil/ssh:ro,Z" --user 10001:10001 --entrypoint cat "$executor_image" /etc/yggdrasil/ssh/id_ed25519
    check "a repository that is somebody else's can be cloned" stranger_is_served
    check "one task on a mounted repository, without a coordinator" lint_alone
    check "its root can be written by nobody" ends_with 1 alone --entrypoint touch "$executor_image" /here
}
