# shellcheck shell=bash disable=SC2154,SC2016  # what runs in containers is for their shells to expand
# The images themselves: what is in them, what is not, and that a second build makes the same ones. Sourced by
# test-containers.sh. Leaves `source` (a clone with secrets in it), `tag`, and the images in the host's storage.

canary=ygg-canary-$RANDOM$RANDOM$RANDOM
images=(coordinator executor code-agent)

# clone_with_secrets: what is built is what is here, with things beside it that must not get into any image.
clone_with_secrets() {
    local file
    source=$work/source
    git clone -q "$ROOT" "$source"
    while IFS= read -r -d '' file; do
        if [[ -e $ROOT/$file ]]; then
            mkdir -p "$source/$(dirname "$file")"
            cp -a "$ROOT/$file" "$source/$file"
        else
            rm -f "$source/$file"
        fi
    done < <(git -C "$ROOT" ls-files -z --modified --others --deleted --exclude-standard)
    for file in .env Sources/.env docker/image/.env docker/image/id_ed25519 scripts/.env Tests/deploy.pem secret.token; do
        printf 'SECRET=%s\n' "$canary" >"$source/$file"
    done
    git -C "$source" config ygg.canary "$canary"
}

build_images() { "$source/scripts/build-and-push.sh" --no-push "${build_options[@]}" "$@"; }
image() { printf '%s/yggdrasil-%s:%s' "$1" "$2" "$tag"; }
layers() { podman image inspect "$(image "$1" "$2")" --format '{{range .RootFS.Layers}}{{println .}}{{end}}'; }
in_image() { podman run --rm --no-healthcheck --network none --entrypoint sh "$(image "$2" "$1")" -c "$3"; }

holds_canary() {
    local image config
    mkdir -p "$work/layers"
    for image in "${images[@]}"; do
        podman save -q --format docker-dir -o "$work/layers/$image" "$(image localhost/a "$image")"
        # A search that cannot find what is in a layer would prove nothing. The list of packages is in every image's, and a line
        # of it, with its tab, in no configuration, which besides is left out.
        config=$(jq -r .config.digest "$work/layers/$image/manifest.json")
        grep -rqF --exclude "${config#sha256:}" --exclude manifest.json $'tini\t' "$work/layers/$image" ||
            { echo "the search does not see into the layers of $image" && return 0; }
    done
    grep -rlF "$canary" "$work/layers" || { rm -rf "$work/layers" && return 1; }
}

same_twice() {
    local image
    build_images --registry localhost/b --no-cache || return 1
    for image in "${images[@]}"; do
        [[ -n $(layers localhost/a "$image") ]] || { echo "$image has no layers" && return 1; }
        diff <(layers localhost/a "$image") <(layers localhost/b "$image") || { echo "$image differs" && return 1; }
        podman rmi "$(image localhost/b "$image")" localhost/b/"yggdrasil-$image:latest" >/dev/null
    done
}

# size_of IMAGE: bytes, as podman reports them.
size_of() { podman image inspect "$(image localhost/a "$1")" --format '{{.Size}}'; }

looks_right() {
    local image=$1 port=$2 start=$3 facts
    facts=$(podman image inspect "$(image localhost/a "$image")" | jq -c '.[0] | [.User, .Config.Entrypoint, (.Config.ExposedPorts | keys),
        (.Config.Volumes | keys), (.Config.Env | map(select(startswith("YGG_IMAGE"))))]')
    says '^."10001:10001",."tini","-s","--","ygg".' <<<"$facts" && says "\"$port/tcp\"" <<<"$facts" &&
        says '"/data"' <<<"$facts" && says "YGG_IMAGE=$image" <<<"$facts" &&
        says "\"Interval\":30000000000,\"Timeout\":5000000000,\"StartPeriod\":${start}000000000,\"Retries\":3" <<<"$(
            podman image inspect "$(image localhost/a "$image")" | jq -c '.[0].Healthcheck | {Interval, Timeout, StartPeriod, Retries}'
        )"
}

labelled() {
    local labels
    labels=$(podman image inspect "$(image localhost/a "$1")" | jq -c '.[0].Labels')
    says "\"org.opencontainers.image.revision\":\"$tag\"" <<<"$labels" && says image.version <<<"$labels" &&
        says image.source <<<"$labels"
}

# A compiler, a package list, a log, a cache: none of it is needed to run.
nothing_left_over() {
    in_image "$1" localhost/a '! command -v swift && ! command -v gcc && ! find / -xdev -name "libswift*.so*" | grep . &&
        ! find /var/log /var/cache/apt /var/lib/apt/lists -type f 2>/dev/null | grep . && ! find / -xdev -name .git | grep .'
}

test_images() {
    if [[ -z $base ]]; then
        step "a base image is made of Debian's packages" make_base
        base=$work/base.tar
    fi
    podman import -q --change 'CMD ["bash"]' "$base" localhost/debian:slim >/dev/null
    if ! podman build -q -f - "$work/host/tmp" >/dev/null 2>&1 <<<$'FROM localhost/debian:slim\nRUN true'; then
        say "builds may not start containers here: they change their root alone"
        export BUILDAH_ISOLATION=chroot
    fi
    clone_with_secrets
    tag=$(git -C "$source" rev-parse --short=12 HEAD)
    [[ -z $(git -C "$source" status --porcelain --untracked-files=no) ]] || tag+=-dirty
    build_options=(--prebuilt "$binary" --runtime-image localhost/debian:slim)

    step "the three images are built with one command" build_images --registry localhost/a
    check "a second build, of nothing that the first one left, makes the same layers" same_twice
    check "no layer holds what lay beside the sources: .env, .git, keys" refuses holds_canary
    check "the coordinator's image says how it is to be run" looks_right coordinator 5080 5
    check "the executor's image, too" looks_right executor 5002 5
    check "the code agent's image, too" looks_right code-agent 5001 10
    for image in "${images[@]}"; do
        check "$image: who made it of what is on its labels" labelled "$image"
        check "$image: no toolchain, no caches, no logs" nothing_left_over "$image"
        check "$image: its packages are listed with their versions" says "^tini"$'\t'"[0-9]" \
            <<<"$(in_image "$image" localhost/a 'cat /usr/share/yggdrasil/packages.txt')"
    done
    check "executors have git, curl, jq, ssh and ripgrep" in_image executor localhost/a 'for c in git curl jq ssh rg; do command -v $c; done'
    check "the code agent has python3, pytest and a linter" in_image code-agent localhost/a 'pytest --version && flake8 --version'
    check "the coordinator's configuration is nobody's but the one that is mounted" in_image coordinator localhost/a '! ls /etc/yggdrasil/*'
    check "more packages are an argument away" build_images --registry localhost/c --only executor --extra-packages make
    check "and are there" in_image executor localhost/c 'make --version && grep ^make /usr/share/yggdrasil/packages.txt'
    printf '      coordinator %s MB, executor %s MB, code agent %s MB\n' $(($(size_of coordinator) / 1000000)) \
        $(($(size_of executor) / 1000000)) $(($(size_of code-agent) / 1000000))
    check "ygg is as small as it is to be" "$ROOT/scripts/program-size.sh" "$binary"
    check "the coordinator's image has at most 90 MB" at_most "$(size_of coordinator)" 90000000
    check "the executor's image has at most 240 MB" at_most "$(size_of executor)" 240000000
    check "a task is done without a coordinator, in a container that can write nowhere but to its volumes" \
        podman run --rm --no-healthcheck --network none --read-only --tmpfs /tmp "$(image localhost/a executor)" run ops-disk
    check "a task that fails is the container's exit status" ends_with 1 podman run --rm --no-healthcheck --network none --read-only --tmpfs /tmp \
        "$(image localhost/a executor)" run git-log -p repo=/nowhere
    if [[ -n $compile ]]; then compile_image; fi
}

# compile_image: the executor from source, by the command that people type, with this machine's Swift, and what its git takes
# packages from, in the place of the official builder.
compile_image() {
    local toolchain directory mounts=()
    check_swift
    toolchain=$(realpath "$(dirname "$(command -v swift)")/../..")
    mounts=(-v "$toolchain:/opt/swift:ro")
    [[ ! -e /etc/gitconfig ]] || mounts+=(-v /etc/gitconfig:/etc/gitconfig:ro)
    while read -r directory; do
        [[ ! -d $directory ]] || mounts+=(-v "$directory:$directory:ro")
    done < <(git config --system --get-regexp '^url\..*\.insteadof$' | sed -E 's/^url\.(.*)\.insteadof .*/\1/' | sort -u)
    step "the executor's image is compiled from source" podman build --format docker "${mounts[@]}" \
        -f "$source/docker/Dockerfile.executor" --build-arg BUILDER_IMAGE=localhost/debian:slim \
        --build-arg RUNTIME_IMAGE=localhost/debian:slim -t "$(image localhost/d executor)" "$source"
    check "and its ygg runs" podman run --rm --no-healthcheck --network none "$(image localhost/d executor)" version
}
