#!/usr/bin/env bash
# The registry's images on another disk, and back: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Copies every tag of the fleet's images to a directory, such as one on an external disk, and brings them back.

usage: scripts/mirror-images.sh --to DIR [--keep N --prune] [--registry HOST:PORT]
       scripts/mirror-images.sh --from DIR [--registry HOST:PORT]

  --to DIR               copy what is in the registry; what is there already is not copied again
  --from DIR             push what is in the directory to a registry
  --keep N               with --prune: the newest versions of each image that stay in the registry (5), beside `latest`.
                         All tags of a version count once, those of its architectures as well
  --prune                remove the tags of older ones from the registry, once they are in the directory
  --registry HOST:PORT   (YGG_REGISTRY, else localhost:5000)
  --dry-run              print what would be copied and removed
  --help                 this text

A removed tag's layers stay on the registry's disk until scripts/deploy-registry.sh --collect.
EOF
}

registry=${YGG_REGISTRY:-localhost:5000} to='' from='' keep=5 prune='' dry=''
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --prune) prune=yes ;;
    --dry-run) dry=yes ;;
    --registry) has_value "$@"; registry=$2; shift ;;
    --to) has_value "$@"; to=$2; shift ;;
    --from) has_value "$@"; from=$2; shift ;;
    --keep) has_value "$@"; keep=$2; shift ;;
    *) misused "unknown option $1" ;;
    esac
    shift
done
if [[ -n $to && -n $from ]] || [[ -z $to && -z $from ]]; then misused "either --to or --from"; fi
[[ -z $prune || -n $to ]] || die "--prune goes with --to: only what is copied is removed"
[[ $keep =~ ^[0-9]+$ ]] || die "--keep is a number, not $keep"
for tool in skopeo jq; do
    command -v "$tool" >/dev/null || die "$tool is missing" "apt-get install $tool, or rpm-ostree install $tool."
done

# A registry without TLS was named to podman by deploy-registry.sh or join-machine.sh; skopeo reads the same file.
copy() {
    if [[ -n $dry ]]; then
        printf 'copy %s to %s\n' "$1" "$2"
    else
        skopeo copy -q --all --preserve-digests "$1" "$2"
    fi
}

if [[ -n $from ]]; then
    [[ -d $from ]] || die "there is no directory $from" "Is the disk mounted?"
    copied=0
    while read -r directory; do
        tag=$(basename "$directory") image=$(basename "$(dirname "$directory")")
        copy "dir:$directory" "docker://$registry/$image:$tag"
        copied=$((copied + 1))
    done < <(find "$from" -mindepth 2 -maxdepth 2 -type d -path '*/yggdrasil-*/*' ! -name '*.draft' | LC_ALL=C sort)
    ((copied > 0)) || die "there are no images in $from" "scripts/mirror-images.sh --to $from makes such a directory."
    say "$copied tags brought to $registry"
    exit 0
fi

# look_at IMAGE:TAG: its digest, the digests that it names if it is a list, and when it was made: in `digest`, `parts`, `made`.
look_at() {
    skopeo inspect --raw "docker://$1" >"$scratch/manifest" && digest=sha256:$(sha256sum <"$scratch/manifest" | cut -d' ' -f1) &&
        parts=$(jq -r '[.manifests[]?.digest] | sort | join(" ")' "$scratch/manifest") &&
        # A list need have no part for this machine, so one of its parts is asked.
        made=$(skopeo inspect --format '{{.Created.Unix}}' "docker://${1%:*}@$(cut -d' ' -f1 <<<"${parts:-$digest}")")
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[[ -d $to ]] || die "there is no directory $to" "It is not made, because a disk that is not mounted would be filled below its name."
check_disk "$to" 1
copied=0 removed=0
for image in coordinator executor code-agent; do
    name=$registry/yggdrasil-$image
    listed=$(skopeo list-tags "docker://$name" 2>/dev/null) || continue
    rows=()
    declare -A parts_of=() tagged=()
    while read -r tag; do
        look_at "$name:$tag" || die "$name:$tag cannot be read"
        target=$to/yggdrasil-$image/$tag
        rows+=("$made $digest $tag") parts_of[$digest]=$parts tagged[$tag]=yes
        [[ $(cat "$target/digest.txt" 2>/dev/null) != "$digest" ]] || continue
        if [[ -z $dry ]]; then
            # Under another name until it is whole.
            mkdir -p "$to/yggdrasil-$image"
            rm -rf "$target.draft"
            copy "docker://$name:$tag" "dir:$target.draft"
            printf '%s\n' "$digest" >"$target.draft/digest.txt"
            rm -rf "$target"
            mv "$target.draft" "$target"
        else
            copy "docker://$name:$tag" "dir:$target"
        fi
        copied=$((copied + 1))
    done < <(jq -r '.Tags[]' <<<"$listed")
    [[ -n $prune ]] || continue
    # A registry removes images, not names of them: what a tag that stays refers to as well must stay, and so must whatever a
    # list names that stays.
    mapfile -t sorted < <(printf '%s\n' "${rows[@]}" | LC_ALL=C sort -rn)
    declare -A stays=() versions=() gone=()
    for row in "${sorted[@]}"; do
        read -r _ digest tag <<<"$row"
        # A list of the same parts is the same version. One part of a list is none.
        version=${parts_of[$digest]:-$digest} whole=${tag%-amd64}
        whole=${whole%-arm64}
        [[ $whole == "$tag" || -z ${tagged[$whole]:-} ]] || continue
        if [[ $tag != latest && -z ${versions[$version]:-} ]]; then
            ((${#versions[@]} < keep)) || continue
            versions[$version]=yes
        fi
        for each in "$digest" ${parts_of[$digest]}; do stays[$each]=yes; done
    done
    for row in "${sorted[@]}"; do
        read -r _ digest tag <<<"$row"
        [[ -z ${stays[$digest]:-} && -z ${gone[$digest]:-} ]] || continue
        gone[$digest]=yes
        if [[ -n $dry ]]; then
            printf 'remove %s:%s\n' "$name" "$tag"
        else
            skopeo delete "docker://$name:$tag"
        fi
        removed=$((removed + 1))
    done
done
say "$copied tags copied to $to, $removed removed from $registry"
