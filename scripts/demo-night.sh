#!/usr/bin/env bash
# A night without a model: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Plays a night without a model: makes a repository with five failing tests, starts `ygg up` for it, submits five tasks,
and waits until all of them want to be looked at. A scenario answers in the place of a model, and says so everywhere.

usage: scripts/demo-night.sh [DIRECTORY]

  DIRECTORY   where the repository, the scenario and the data are made (else a new one in /tmp)
  --help      this text

It says what to type in another terminal, and stays until Ctrl-C. YGG names another ygg than the one that was built here.
EOF
}

case ${1:-} in
--help | -h) usage && exit 0 ;;
-*) misused "unknown option $1" ;;
esac
(($# <= 1)) || misused "one directory, not $#"

ygg=${YGG:-}
for candidate in "$ROOT/.build/release/ygg" "$ROOT/.build/debug/ygg"; do
    if [[ -z ${YGG:-} && -x $candidate && ( -z $ygg || $candidate -nt $ygg ) ]]; then ygg=$candidate; fi
done
[[ -n $ygg ]] || die "there is no ygg yet" "Build it first: swift build, or scripts/up.sh"

directory=$(realpath -m -- "${1:-$(mktemp -d)}")
repository=$directory/repo
[[ ! -e $repository ]] || misused "$repository is there already: name another directory"
mkdir -p "$repository"

# name | parameters | wrong | right | what its test expects
functions=(
    "area|w, h|w + h|w * h|self.assertEqual(area(2, 3), 6)"
    "last|items|items[0]|items[-1]|self.assertEqual(last([1, 2]), 2)"
    "shout|text|text.lower()|text.upper()|self.assertEqual(shout('a'), 'A')"
    "even|n|n % 2 == 1|n % 2 == 0|self.assertTrue(even(4))"
    "total|items|len(items)|sum(items)|self.assertEqual(total([2, 3]), 5)"
)

scenario=$directory/night.yaml
{
    echo "name: night"
    echo "model: {name: night, context: 32768, capabilities: [completion, tools]}"
    echo "turns:"
} >"$scenario"
for function in "${functions[@]}"; do
    IFS='|' read -r name parameters wrong right expected <<<"$function"
    printf 'def %s(%s):\n    return %s\n' "$name" "$parameters" "$wrong" >"$repository/$name.py"
    printf 'import unittest\nfrom %s import %s\n\n\nclass Test(unittest.TestCase):\n    def test_%s(self):\n        %s\n' \
        "$name" "$name" "$name" "$expected" >"$repository/test_$name.py"
    cat >>"$scenario" <<TURNS
  - {step: 1, contains: "Repair $name()", calls: [{name: read_file, arguments: {path: $name.py}}]}
  - step: 2
    contains: "def $name($parameters)"
    calls: [{name: edit_file, arguments: {path: $name.py, old_text: "return $wrong", new_text: "return $right"}}]
TURNS
done
for step in 3 4 5 6; do
    echo "  - {step: $step, calls: [{name: finish, arguments: {summary: \"It returned the wrong thing; now it does not.\"}}]}"
done >>"$scenario"

cd "$repository"
echo "__pycache__/" >.gitignore
git init -q -b main
git add .
git -c user.name=Demo -c user.email=demo@localhost commit -qm "Five functions, all of them wrong"

cat >"$directory/yggdrasil.yaml" <<CONFIG
models:
  default: night/night
  providers: {night: {type: scripted, file: $scenario}}
CONFIG

"$ygg" up --config "$directory/yggdrasil.yaml" --data-dir "$directory/data" --port 0 --executor-port 0 \
    >"$directory/ygg.log" 2>&1 &
up=$!
trap 'kill "$up" 2>/dev/null || true; wait "$up" 2>/dev/null || true' EXIT
ready=""
while [[ -z $ready ]]; do
    kill -0 "$up" 2>/dev/null || { [[ ! -e $directory/ygg.log ]] || cat "$directory/ygg.log" >&2; exit 1; }
    # The process that begins with making the log may not have come to that yet.
    if [[ -e $directory/ygg.log ]]; then ready=$(grep -m 1 '"event":"ready"' "$directory/ygg.log" || true); fi
    [[ -n $ready ]] || sleep 0.1
done
YGG_COORDINATOR=$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' <<<"$ready")
export YGG_COORDINATOR

tasks=()
for function in "${functions[@]}"; do
    name=${function%%|*}
    tasks+=("$("$ygg" task submit code-refactor -p "repo=$repository" -p "instruction=Repair $name()." \
        --params "{\"test\": [\"python3\", \"-m\", \"unittest\", \"test_$name\"]}")")
done
echo "Five tasks work in $repository."
for task in "${tasks[@]}"; do
    "$ygg" task wait "$task" --wait-for approval || [[ $? == 5 ]]
done
cat <<NEXT

It is morning. In another terminal:

  export YGG_COORDINATOR=$YGG_COORDINATOR
  $ygg review
  git -C $repository log --oneline

Ctrl-C here ends it; $directory stays.
NEXT
wait "$up"
