#!/usr/bin/env bash
# Every test that docs/reliability.md names as the keeper of a promise exists, and every class of faults has one.
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

# The classes that have a number; what is decided by a tracker (16) has none of its own here.
classes=$(awk '/^## / {here = ($0 == "## Faults and their tests")} here && /^\| / {split($0, cells, "|"); print cells[2]}' \
    "$page" | grep -oE 'F[0-9]+' | sort -u)
unkept=$(comm -23 <(printf 'F%s\n' {1..15} 17 18 | sort -u) <(printf '%s\n' "$classes"))
if [[ -n $unkept ]]; then
    printf '  %s\n' "$unkept" >&2
    die "docs/reliability.md has no row for these classes of faults (above)" "Name the test that keeps the promise."
fi
