#!/usr/bin/env bash
# Every test that docs/reliability.md names as the keeper of a promise exists.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
page=$ROOT/docs/reliability.md

# The last column of the table's rows, a name in backquotes each.
# shellcheck disable=SC2016
names=$(awk '/^## / {here = ($0 == "## Faults and their tests")} here && /^\| / {n = split($0, cells, "|"); print cells[n - 1]}' \
    "$page" | grep -o '`[^`]*`' | tr -d '`' | sort -u)
[[ -n $names ]] || die "docs/reliability.md names no test" "Its table is under '## Faults and their tests'."
# shellcheck disable=SC2016
declared=$(grep -rhoE 'func `[^`]+`' --include='*.swift' "$ROOT/Tests" | sed 's/^func `//; s/`$//' | sort -u)

unwritten=$(comm -23 <(printf '%s\n' "$names") <(printf '%s\n' "$declared"))
if [[ -n $unwritten ]]; then
    printf '  %s\n' "$unwritten" >&2
    die "docs/reliability.md names tests that do not exist (above)" "Write them, or correct the table."
fi
