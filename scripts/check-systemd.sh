#!/usr/bin/env bash
# systemd knows every line of the units in docker/systemd. Where there is no systemd-analyze this is left out.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if ! command -v systemd-analyze >/dev/null; then
    say "left out: there is no systemd-analyze (of the package systemd)"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch"/{system,user,run}

# ygg need not be installed here; another program stands for it.
for unit in "$ROOT"/docker/systemd/*; do
    scope=system
    [[ $unit != *-livez.* ]] || scope=user
    sed 's#^ExecStart=/usr/local/bin/ygg #ExecStart=/bin/sh #' "$unit" >"$scratch/$scope/$(basename "$unit")"
done
# It ends well where it knows a key not, so what counts is that it says nothing.
said=$(systemd-analyze verify "$scratch"/system/* 2>&1 &&
    XDG_RUNTIME_DIR=$scratch/run systemd-analyze --user verify "$scratch"/user/* 2>&1) || said+=" (failed)"
[[ -z $said ]] || die "systemd does not like a unit of docker/systemd:" "$said" "Correct it; man systemd.service has the keys."
say "systemd has nothing to say against the units of docker/systemd"
