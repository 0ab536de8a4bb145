# shellcheck shell=bash disable=SC2154
# The compose files, run by podman-compose as their first lines say, on a machine of their own: the ports that they publish
# are free there. Sourced by test-containers.sh, with `tag`; takes the registry's image from registry.sh.

composers=(coordinator fenrir surtr huginn code-agent) # whose images are ours

# composing COMMAND…: on that machine, with this one's images.
composing() {
    YGG_TOKEN=$compose_token YGG_REGISTRY=localhost/a YGG_TAG=$tag nsenter --net="/run/netns/$account-compose" "$@"
}

# compose FILE ARGUMENT…: it runs what it is told to run and ends with 0 where that fails.
compose() {
    local file=$1 said
    shift
    said=$(cd "$ROOT" && composing podman-compose -f "docker/docker-compose.$file.yml" "$@" 2>&1)
    printf '%s\n' "$said"
    refuses says '^exit code: [1-9]' <<<"$said" >/dev/null
}

# container_of SERVICE: the name of its container.
container_of() { podman ps -a --filter "label=com.docker.compose.service=$1" --format '{{.Names}}'; }

composed_are_healthy() {
    local service
    for service in "$@"; do
        composing podman healthcheck run "$(container_of "$service")" || { echo "$service is not healthy" && return 1; }
    done
}

composed_ygg() { (cd "$work" && YGG_COORDINATOR=http://127.0.0.1:5080 HOME=$work composing "$host_ygg" "$@"); }

all_have_joined() {
    equal "$(composed_ygg executor list --json | jq -r '[.items[] | select(.state == "running") | .id] | sort | join(" ")')" \
        "code-agent fenrir huginn surtr"
}

# orders_need_a_token: of an executor, from inside its own container.
orders_need_a_token() {
    local port=5002 service
    for service in fenrir surtr huginn code-agent; do
        [[ $service != code-agent ]] || port=5001
        equal "$(podman exec "$(container_of "$service")" curl -sS -m 5 -o /dev/null -w '%{http_code}' "http://localhost:$port/info")" 401 ||
            { echo "of $service" && return 1; }
    done
}

a_registry_is_served() {
    composing podman push -q --tls-verify=false --format v2s2 localhost/debian:slim localhost:5000/some:thing &&
        says thing <<<"$(composing curl -fsS http://127.0.0.1:5000/v2/some/tags/list)"
}

nothing_is_left() { equal "$(podman ps -aq --filter label=com.docker.compose.project)$(podman volume ls -q --filter label=com.docker.compose.project)" ""; }

test_compose() {
    local compose_token
    compose_token=$(openssl rand -hex 32)
    ip netns add "$account-compose"
    ip -n "$account-compose" link set lo up
    podman tag localhost/registry:2 docker.io/library/registry:2

    # podman-compose 1.0, which Debian has, knows no profiles: what is wanted is named.
    step "the registry's compose file is brought up" compose registry up -d registry
    check "its registry passes its health check" eventually 20 composed_are_healthy registry
    check "and takes an image" a_registry_is_served
    compose registry down -v >"$work/compose.log" 2>&1 || true
    check "and is gone when it is brought down" nothing_is_left

    step "the compose file of a whole fleet is brought up" compose executors up -d "${composers[@]}" registry
    check "all its executors find the coordinator" eventually 30 all_have_joined
    check "all its containers pass their health checks" eventually 20 composed_are_healthy "${composers[@]}" registry
    check "a task is done by whom it is for" says 'succeeded on huginn' <<<"$(composed_ygg task submit ops-disk --wait --timeout 60s 2>&1)"
    check "and one by the code agent" says 'succeeded on code-agent' \
        <<<"$(composed_ygg task submit bench-noop --label executor=code-agent --wait --timeout 60s 2>&1)"
    check "what runs in a container gives its executor no orders" orders_need_a_token
    check "its registry takes an image" a_registry_is_served
    compose executors down -v >"$work/compose.log" 2>&1 || true
    check "nothing is left when it is brought down" nothing_is_left
    podman rmi docker.io/library/registry:2 >/dev/null
}
