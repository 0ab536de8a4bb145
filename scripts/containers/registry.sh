# shellcheck shell=bash disable=SC2154
# A registry, and what goes through it. Sourced by test-containers.sh. Leaves `registry` (address and port) with all images.

serve_registry() { "$ROOT/scripts/deploy-registry.sh" --package --host "$network.1" --port "${registry##*:}" --data "$work/registry" "$@"; }

free_port() {
    local port
    for port in $(shuf -i 15000-25000 -n 20); do
        [[ -n $(port_holder "$port") ]] || { printf '%s' "$port" && return; }
    done
}

pull_by_digest() {
    local image name digest size
    for image in "${images[@]}"; do
        name=$registry/yggdrasil-$image
        read -r digest size <<<"$(sed -n "s#^$name:[^ ]* *\(sha256:[0-9a-f]*\) *\(.*\)#\1 \2#p" "$work/pushed")"
        [[ -n $digest && -n $size ]] || { echo "the table does not name $image" && return 1; }
        podman rmi -f "$(podman image inspect "$name@$digest" --format '{{.Id}}')" >/dev/null
        refuses podman image exists "$name@$digest" || { echo "$image is still there" && return 1; }
        podman pull -q "$name@$digest" >/dev/null || return 1
        podman image inspect "$name@$digest" | jq -e '.[0].Healthcheck' >/dev/null || { echo "$image lost its health check" && return 1; }
        podman tag "$name@$digest" "$(image localhost/a "$image")"
    done
}

# guarded_registry: with TLS and passwords, as another one.
guarded_registry() {
    local port directory=$work/guarded address
    port=$(free_port) address=$network.1:$port
    mkdir -p "$directory" "$work/certs/$address"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=registry \
        -addext "subjectAltName=IP:$network.1" -keyout "$directory/key.pem" -out "$directory/cert.pem" 2>/dev/null
    cp "$directory/cert.pem" "$work/certs/$address/ca.crt"
    htpasswd -Bbn freya sesame >"$directory/users"
    local serve=("$ROOT/scripts/deploy-registry.sh" --package --host "$network.1" --port "$port" --data "$directory/data"
        --tls "$directory/cert.pem" "$directory/key.pem" --htpasswd "$directory/users")
    "${serve[@]}" || return 1
    local status=0 to=docker://$address/yggdrasil-coordinator:x certs=(--dest-cert-dir "$work/certs/$address")
    if skopeo copy -q "${certs[@]}" "containers-storage:$(image localhost/a coordinator)" "$to" 2>/dev/null; then
        echo "a stranger may push" && status=1
    fi
    skopeo copy -q "${certs[@]}" --dest-creds freya:sesame "containers-storage:$(image localhost/a coordinator)" "$to" || status=1
    "${serve[@]}" --stop
    return "$status"
}

# registry_as_container: the same script, where an image of a registry can be had. This one is made here, of the same program.
registry_as_container() {
    local port status=0 serve
    port=$(free_port)
    podman build -q --format docker -t localhost/registry:2 - >/dev/null <<'EOF' || return 1
FROM localhost/debian:slim
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends docker-registry busybox-static >/dev/null && \
    ln -s /bin/busybox /usr/bin/wget
ENTRYPOINT ["docker-registry"]
CMD ["serve", "/etc/docker/registry/config.yml"]
EOF
    serve=("$ROOT/scripts/deploy-registry.sh" --image localhost/registry:2 --port "$port")
    "${serve[@]}" && says 'already running' <<<"$("${serve[@]}")" && podman healthcheck run yggdrasil-registry &&
        podman push -q --format v2s2 localhost/debian:slim "localhost:$port/some:thing" && "${serve[@]}" --collect &&
        eventually 10 curl -fsS "http://127.0.0.1:$port/v2/some/tags/list" || status=1
    "${serve[@]}" --stop
    rm -f "$(registry_drop_in "127.0.0.1:$port")" "$(registry_drop_in "localhost:$port")"
    return "$status"
}

archived_and_back() {
    mkdir -p "$work/archive"
    "$ROOT/scripts/mirror-images.sh" --to "$work/archive" --registry "$registry" | says '6 tags copied' || return 1
    "$ROOT/scripts/mirror-images.sh" --to "$work/archive" --registry "$registry" | says '^==> 0 tags copied' || return 1
    "$ROOT/scripts/mirror-images.sh" --from "$work/archive" --registry "$registry" | says '6 tags brought' || return 1
    rm -rf "$work/archive"
}

# cleared_away: an old tag and what it held are gone, and what is named by others is not.
cleared_away() {
    local before after
    printf 'FROM %s\nCOPY ballast /ballast\n' "$(image localhost/a coordinator)" >"$work/host/tmp/Dockerfile"
    head -c 20000000 /dev/urandom >"$work/host/tmp/ballast"
    podman build -q --format docker --timestamp 1 -t "$registry/yggdrasil-coordinator:old" "$work/host/tmp" >/dev/null || return 1
    podman push -q --format v2s2 "$registry/yggdrasil-coordinator:old" || return 1
    podman rmi -f "$registry/yggdrasil-coordinator:old" >/dev/null
    before=$(du -sk "$work/registry/images" | cut -f1)
    mkdir -p "$work/archive"
    "$ROOT/scripts/mirror-images.sh" --to "$work/archive" --prune --keep 1 --registry "$registry" | says ' 1 removed' || return 1
    rm -rf "$work/archive"
    serve_registry --collect >/dev/null || return 1
    after=$(du -sk "$work/registry/images" | cut -f1)
    ((before - after > 15000)) || { echo "$before KiB before, $after after" && return 1; }
    refuses skopeo inspect -q "docker://$registry/yggdrasil-coordinator:old" 2>/dev/null && pull_by_digest
}

# joined_architectures: a list with this machine's part.
joined_architectures() {
    local arch
    arch=$(podman info --format '{{.Host.Arch}}')
    "$source/scripts/build-and-push.sh" "${build_options[@]}" --registry "$registry" --only coordinator --arch "$arch" >/dev/null || return 1
    skopeo inspect --raw "docker://$registry/yggdrasil-coordinator:latest" | jq -e --arg arch "$arch" \
        '.mediaType | endswith("manifest.list.v2+json")' || return 1
    refuses "$source/scripts/build-and-push.sh" --arch s390x --no-push
}

# lists_are_whole: an old version goes, and what lists of several architectures name stays with them.
lists_are_whole() {
    mkdir -p "$work/archive"
    "$ROOT/scripts/mirror-images.sh" --to "$work/archive" --prune --keep 0 --registry "$registry" >/dev/null || return 1
    rm -rf "$work/archive"
    skopeo copy -q --all "docker://$registry/yggdrasil-coordinator:latest" "dir:$work/archive" || return 1
    rm -rf "$work/archive"
}

test_registry() {
    registry=$network.1:$(free_port)
    step "a registry runs" serve_registry
    check "started again, it is left alone" says 'already running' <<<"$(serve_registry)"
    "$source/scripts/build-and-push.sh" "${build_options[@]}" --registry "$registry" >"$work/pushed" 2>&1 || true
    step "all images are pushed, and a table names their digests and sizes" says "yggdrasil-code-agent:$tag +sha256:[0-9a-f]{64} +[0-9]+ MB" <"$work/pushed"
    check "removed here, they come back by their digests, health checks and all" pull_by_digest
    check "a registry in a container does the same" registry_as_container
    check "nobody gets into one with TLS and passwords who has none" guarded_registry
    check "everything can be archived on another disk, and brought back" archived_and_back
    check "what is old is cleared away, and nothing else" cleared_away
    check "a part for this architecture is joined into a list" joined_architectures
    check "which clearing away leaves whole" lists_are_whole
    "$source/scripts/build-and-push.sh" "${build_options[@]}" --registry "$registry" --only coordinator >/dev/null 2>&1
    printf 'x' >>"$source/README.md"
    check "a version is not given to what is not committed" says 'not committed' <<<"$(
        "$source/scripts/build-and-push.sh" --version v9.9.9 --dry-run --registry "$registry" 2>&1 || true
    )"
}
