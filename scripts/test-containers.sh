#!/usr/bin/env bash
# Images, registry and a fleet of containers, for real: see usage below.
# shellcheck disable=SC2034  # options are read by the parts in scripts/containers
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Builds the images, moves them through a registry, and runs a fleet of them: three machines with addresses of their own, a
coordinator and a code agent. Then it breaks things, and looks whether anything is lost.

usage: scripts/test-containers.sh [options]

  --binary FILE   the ygg that goes into the images, a release made on this release of Debian (else it is built here)
  --ygg FILE      the ygg that scripts call on this machine (the same)
  --only PARTS    of images, registry, compose, systemd, user, fleet and faults, separated by commas: these, and what they
                  build on
  --compile       also build the executor's image from source, with this machine's Swift in the builder image
  --base FILE     a root file system in place of the one that is made for the images (a tar archive)
  --keep          leave everything running, and say where
  --help          this text

Needs root, because machines are network namespaces. Everything it makes is its own (storage, networks, users) and goes
again at its end. What nested environments refuse (limits, control groups of both versions, no systemd) it finds out
first, and tells podman; the images and scripts under test know nothing of it.
EOF
}

binary='' host_ygg='' only=images,registry,compose,systemd,user,fleet,faults compile='' base='' keep=''
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --compile) compile=yes ;;
    --keep) keep=yes ;;
    --binary) has_value "$@"; binary=$(realpath -m -- "$2"); shift ;;
    --ygg) has_value "$@"; host_ygg=$(realpath -m -- "$2"); shift ;;
    --only) has_value "$@"; only=$2; shift ;;
    --base) has_value "$@"; base=$(realpath -- "$2"); shift ;;
    *) misused "unknown option $1" ;;
    esac
    shift
done
((EUID == 0)) || die "this needs root" "Run it with sudo, or in a container that has root and may make namespaces."
wants() { [[ ,$only, == *,$1,* ]]; }

need_packages runtime scripts container
check_disk "${TMPDIR:-/tmp}" 5
if [[ -z $binary ]]; then
    binary=$RELEASE_BINARY
    check_swift
    say "building ygg (a first build takes several minutes)"
    swift_release || die "ygg could not be built"
fi
[[ -x $binary ]] || die "there is no ygg at $binary" "Leave --binary out to have one built."
host_ygg=${host_ygg:-$binary}

# Short, because sockets lie below it and the kernel allows their paths 107 bytes.
work=$(mktemp -d /tmp/yc.XXXXXX)
chmod 711 "$work"
# shellcheck source=scripts/containers/checks.sh
. "$ROOT/scripts/containers/checks.sh"
# shellcheck source=scripts/containers/host.sh
. "$ROOT/scripts/containers/host.sh"
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

prepare_host
for part in images registry compose systemd user fleet faults; do
    case $part in
    images) ;;
    registry) [[ $only =~ registry|compose|user|fleet|faults ]] || continue ;;
    fleet) [[ $only =~ fleet|faults ]] || continue ;;
    *) wants "$part" || continue ;;
    esac
    section "$part"
    # shellcheck source=/dev/null
    . "$ROOT/scripts/containers/$part.sh"
    "test_$part"
done
conclude
