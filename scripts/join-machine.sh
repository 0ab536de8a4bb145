#!/usr/bin/env bash
# One line that makes a new machine one of the fleet: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/deploy/lib.sh
. "$ROOT/scripts/deploy/lib.sh"

usage() {
    cat <<'EOF2'
Prints one line to paste on a new machine. It needs podman and bash there, and nothing else, no ssh from here either.

usage: scripts/join-machine.sh NAME [options]

  NAME            the machine, as fleet.yaml has it
  --file FILE     the inventory (fleet.yaml)
  --tag TAG       the version (the inventory's, else latest)
  --arch ARCH     what `uname -m` says there (x86_64, or aarch64 where the image is for nothing else)
  --ssh COMMAND   how the coordinator's machine is reached, to invite (YGG_DEPLOY_SSH, else ssh)
  --ygg FILE      the ygg that reads the inventory (on PATH, one that was built here, else that of the
                  coordinator's image, where this machine has it)
  --script        print what the line runs, to be read: without an invitation, and nobody is invited
  --help          this text

The line tells podman of a registry without TLS (of exactly that host), fetches the image by its digest, joins with an
invitation that is good once and for an hour, and starts the executor with the options of docker/run-options.tsv. What it
says last is that the machine works for the fleet. Whoever sees the line before the machine has joined could join in its
place: send it as you would send a password. The machine's key is made there, and never leaves it.

Once a machine has joined, scripts/deploy-executors.sh brings it up to date; for that it needs ssh.
EOF2
}

file=fleet.yaml tag='' name='' arch='' script='' dry_run='' YGG=${YGG:-}
export patience=60 # read by what is sent
ssh=${YGG_DEPLOY_SSH:-ssh -o BatchMode=yes -o ConnectTimeout=10}
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --script) script=yes ;;
    --file) has_value "$@"; file=$2; shift ;;
    --tag) has_value "$@"; tag=$2; shift ;;
    --arch) has_value "$@"; arch=$2; shift ;;
    --ssh) has_value "$@"; ssh=$2; shift ;;
    --ygg) has_value "$@"; YGG=$2; shift ;;
    -*) misused "unknown option $1" ;;
    *) name=$1 ;;
    esac
    shift
done
[[ -n $name ]] || misused "which machine?"
for needed in curl jq gzip base64; do
    command -v "$needed" >/dev/null || need_packages scripts
done
read_fleet "$file"
jq -e --arg name "$name" '.machines | any(.name == $name)' >/dev/null <<<"$fleet" ||
    die "$file has no machine $name" "Add it; it has $(jq -r '[.machines[].name] | join(", ")' <<<"$fleet")."
[[ -n $tag ]] || tag=$(jq -r .tag <<<"$fleet")
role=$(of "$name" .image)
resolve_image "$role" "$tag"
[[ -n $arch ]] || { arch=x86_64 && [[ ${architectures[$role]} == *amd64* ]]; } || arch=aarch64
[[ " ${architectures[$role]} " == *" $(architecture "$arch") "* ]] || die "yggdrasil-$role:$tag is not for $arch, but for ${architectures[$role]}" \
    "Build it there, too: scripts/build-and-push.sh --arch $(architecture "$arch")"

# joining: what the line runs.
joining() {
    printf 'expected=%q\n' "$arch"
    sent "$name" join_here
}
if [[ -n $script ]]; then
    joining
    exit
fi
told=$(mktemp)
if ! invitation=$(on coordinator ygg token create "$name" --role join 2>"$told"); then
    cat "$told" >&2
    rm -f "$told"
    die "the coordinator did not invite $name" \
        "It is expected in the container yggdrasil-coordinator on $(of coordinator .ssh)."
fi
rm -f "$told"
say "on $name, as the user who is to run it, within an hour:" >&2
printf "base64 -d <<<'%s' | gunzip | bash\n" "$(joining | gzip -9 | base64 -w 0)"
