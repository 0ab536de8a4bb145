#!/usr/bin/env bash
# The fleet's images, built and pushed to its registry: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Builds the images of coordinator, executor and code agent, pushes them, and pulls each back by its digest.

usage: scripts/build-and-push.sh [options]

  --registry HOST:PORT   (YGG_REGISTRY, else localhost:5000)
  --only IMAGE           coordinator, executor or code-agent; repeatable
  --version vX.Y.Z       also tag it so (the tag of this commit, if it has one). Refused while there are changes that
                         are not committed
  --prebuilt FILE        this ygg, made for Debian 12, in place of compiling one
  --arch amd64|arm64     part of images for several architectures: run it on a machine of each, with its own. Tags end
                         in the architecture, and the tag without is the list of all that were pushed so far
  --builder-image IMAGE  where ygg is compiled (docker.io/library/swift:6.3-bookworm)
  --runtime-image IMAGE  what images are made from (docker.io/library/debian:bookworm-slim)
  --extra-packages LIST  Debian packages that the executor and the code agent have besides
  --snapshot TIME        packages as of a time such as 20260301T000000Z (snapshot.debian.org), so that an image can be
                         built again as it was; `commit` is the time of this commit
  --no-cache             use nothing of earlier builds
  --no-push              build only
  --dry-run              print every command
  --help                 this text

Every image is tagged `latest` and with the git revision. Built twice from one commit it is the same image, layer for
layer; what is in it is listed in /usr/share/yggdrasil/packages.txt.
EOF
}

registry=${YGG_REGISTRY:-localhost:5000} images=() version='' prebuilt='' arch='' dry='' push=yes snapshot='' cache=()
builder_image='' runtime_image='' extra=() extra_set=''
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry=yes ;;
    --no-push) push='' ;;
    --no-cache) cache=(--no-cache) ;;
    --registry) has_value "$@"; registry=$2; shift ;;
    --only) has_value "$@"; images+=("$2"); shift ;;
    --version) has_value "$@"; version=$2; shift ;;
    --prebuilt) has_value "$@"; prebuilt=$2; shift ;;
    --arch) has_value "$@"; arch=$2; shift ;;
    --builder-image) has_value "$@"; builder_image=$2; shift ;;
    --runtime-image) has_value "$@"; runtime_image=$2; shift ;;
    --extra-packages) has_value "$@"; extra=(--build-arg "EXTRA_PACKAGES=$2") extra_set=$2; shift ;;
    --snapshot) has_value "$@"; snapshot=$2; shift ;;
    *) misused "unknown option $1" ;;
    esac
    shift
done
((${#images[@]} > 0)) || images=(coordinator executor code-agent)
for image in "${images[@]}"; do
    [[ -f $ROOT/docker/Dockerfile.$image ]] || die "there is no image $image" "There are coordinator, executor and code-agent."
done
if [[ -n $arch ]]; then
    case $(uname -m) in
    x86_64) native=amd64 ;;
    aarch64) native=arm64 ;;
    *) native=$(uname -m) ;;
    esac
    arch=${arch/#x86_64/amd64} arch=${arch/#aarch64/arm64}
    [[ $arch == "$native" ]] || die "this machine is $native, and images are built on machines of their own architecture" \
        "Run it there: scripts/build-and-push.sh --arch $arch"
fi
[[ -z $prebuilt || -x $prebuilt ]] || die "there is no program at $prebuilt" "Build one: scripts/up.sh, or leave --prebuilt out."
command -v podman >/dev/null || die "podman is missing" "apt-get install podman, or rpm-ostree install podman."

git=(git -C "$ROOT")
"${git[@]}" rev-parse -q --verify HEAD >/dev/null || die "this is not a clone with a history" "Images are named after their commit."
revision=$("${git[@]}" rev-parse --short=12 HEAD)
timestamp=$("${git[@]}" log -1 --format=%ct)
dirty=$("${git[@]}" status --porcelain --untracked-files=no)
[[ -n $version || -n $dirty ]] || version=$("${git[@]}" describe --exact-match --tags --match 'v[0-9]*' HEAD 2>/dev/null || true)
if [[ -n $version ]]; then
    [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+([-+.][A-Za-z0-9.]+)?$ ]] || die "$version is not a version such as v1.2.3"
    [[ -z $dirty ]] || die "there are changes that are not committed, so $version would not be what the commit is:" \
        "$(head -n 5 <<<"$dirty")" "Commit or stash them, or leave --version out."
fi
[[ -z $dirty ]] || revision+=-dirty
case $snapshot in
commit) snapshot=$(TZ=UTC date -d "@$timestamp" +%Y%m%dT%H%M%SZ) ;;
esac
# Where it came from, without what may stand before the host: a token. A directory is nobody else's business.
origin=$("${git[@]}" remote get-url origin 2>/dev/null | sed -E 's#^([a-z+]+://)[^/@]*@#\1#' || true)
[[ $origin == *://* || $origin == *@*:* ]] || origin=''

# run COMMAND…: does it, or says it.
run() {
    local word line=''
    if [[ -z $dry ]]; then
        "$@"
        return
    fi
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]] || word=${word@Q}
        line+=" $word"
    done
    printf '   %s\n' "$line"
}
# quietly COMMAND…: without what it prints; what goes wrong is still said.
quietly() { if [[ -n $dry ]]; then run "$@"; else "$@" >/dev/null; fi; }

scratch=$(mktemp -d)
cleanup() {
    rm -rf "$scratch"
    [[ -z ${prebuilt_image:-} || -n $dry ]] || podman rmi -f "$prebuilt_image" >/dev/null 2>&1 || true
}
trap cleanup EXIT

arguments=(--format docker --timestamp "$timestamp" "${cache[@]}" --build-arg "VERSION=${version:-$revision}"
    --build-arg "REVISION=$revision" --build-arg "SOURCE=${origin:-unknown}")
[[ -z $runtime_image ]] || arguments+=(--build-arg "RUNTIME_IMAGE=$runtime_image")
[[ -z $snapshot ]] || arguments+=(--build-arg "APT_SNAPSHOT=$snapshot")
if [[ -n $prebuilt ]]; then
    # The place of the builder is taken by an image that has the binary already.
    prebuilt_image=localhost/yggdrasil-prebuilt:$revision-$$
    cp -- "$prebuilt" "$scratch/ygg"
    strip "$scratch/ygg" 2>/dev/null || true # one that is stripped, or a machine without binutils: it stays as it is
    printf 'FROM %s\nCOPY ygg /prebuilt/ygg\n' "${runtime_image:-docker.io/library/debian:bookworm-slim}" >"$scratch/Dockerfile"
    run podman build -q --format docker --timestamp "$timestamp" -t "$prebuilt_image" -f "$scratch/Dockerfile" "$scratch" >"$scratch/out" ||
        die "the image with $prebuilt could not be made"
    [[ -z $dry ]] || cat "$scratch/out"
    builder_image=$prebuilt_image
fi
[[ -z $builder_image ]] || arguments+=(--build-arg "BUILDER_IMAGE=$builder_image")

# join_architectures NAME TAG: the tag, as a list of what machines of each architecture have pushed.
join_architectures() {
    local name=$1 tag=$2 list=localhost/yggdrasil-list-$$ other found=()
    quietly podman manifest create "$list"
    for other in amd64 arm64; do
        if [[ $other == "$arch" ]] || podman manifest inspect "$name:$tag-$other" >/dev/null 2>&1; then
            quietly podman manifest add "$list" "docker://$name:$tag-$other"
            found+=("$other")
        fi
    done
    quietly podman manifest push -q --all --format v2s2 "$list" "docker://$name:$tag" ||
        die "the list $name:$tag could not be pushed"
    quietly podman manifest rm "$list"
    say "$name:$tag is for ${found[*]}"
}

tags=("$revision" latest)
[[ -z $version ]] || tags=("$version" "${tags[@]}")
table=()
for image in "${images[@]}"; do
    name=$registry/yggdrasil-$image
    specific=()
    # The code agent has packages of its own besides; they are said with those that are asked for.
    if [[ -n $extra_set ]]; then
        case $image in
        executor) specific=("${extra[@]}") ;;
        code-agent)
            default=$(sed -n 's/^ARG EXTRA_PACKAGES="\(.*\)"$/\1/p' "$ROOT/docker/Dockerfile.code-agent")
            specific=(--build-arg "EXTRA_PACKAGES=$default $extra_set")
            ;;
        esac
    fi
    say "building $name"
    run podman build "${arguments[@]}" "${specific[@]}" -t "$name:$revision${arch:+-$arch}" \
        -f "$ROOT/docker/Dockerfile.$image" "$ROOT" >"$scratch/log" 2>&1 || {
        tail -n 40 "$scratch/log" >&2
        die "the image $image could not be built" "Its last lines are above. docs/troubleshooting.md knows the usual reasons."
    }
    [[ -z $dry ]] || cat "$scratch/log"
    for tag in "${tags[@]}"; do
        run podman tag "$name:$revision${arch:+-$arch}" "$name:$tag${arch:+-$arch}"
    done
    size=$([[ -n $dry ]] || podman image inspect "$name:$revision${arch:+-$arch}" --format '{{.Size}}')
    digest=DIGEST
    if [[ -n $push ]]; then
        for tag in "${tags[@]}"; do
            run podman push -q --format v2s2 --digestfile "$scratch/digest" "$name:$tag${arch:+-$arch}" || die \
                "$name:$tag could not be pushed" "Is the registry there? curl http://$registry/v2/" \
                "A registry without TLS has to be named: scripts/deploy-registry.sh writes the file that does."
        done
        [[ -n $dry ]] || digest=$(cat "$scratch/digest")
        # What machines will get is what was built: the same configuration, which names every layer.
        quietly podman pull -q "$name@$digest" || die "$name@$digest was pushed and cannot be pulled"
        if [[ -z $dry ]]; then
            [[ $(podman image inspect "$name@$digest" --format '{{.Id}}') == \
                "$(podman image inspect "$name:$revision${arch:+-$arch}" --format '{{.Id}}')" ]] ||
                die "$name@$digest is not the image that was built" "Something else is served under this name: look at the registry."
        fi
        if [[ -n $arch ]]; then
            for tag in "${tags[@]}"; do join_architectures "$name" "$tag"; done
        fi
    fi
    [[ -n $dry ]] || table+=("$name:${tags[0]}${arch:+-$arch}|$digest|$((size / 1000000)) MB")
done
if ((${#table[@]} > 0)); then
    printf '\n'
    { printf 'IMAGE|DIGEST|SIZE\n' && printf '%s\n' "${table[@]}"; } | column -t -s '|'
fi
