#!/usr/bin/env bash
# What is in kubernetes/ can be built, is what Kubernetes knows, and fits the images and the configuration: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Checks the manifests of kubernetes/.

usage: scripts/check-kubernetes.sh [--binary YGG] [DIRECTORY]

  --binary YGG   asks this ygg about every yggdrasil.yaml in a ConfigMap, and does nothing else
  DIRECTORY      other manifests than those in kubernetes/, for trying it out

Every kustomization is built with `kubectl kustomize`. What comes out is held against the schemas of Kubernetes and against
scripts/kubernetes.py, with the python3 in YGG_TEST_PYTHON; TEST_PROFILE=fast leaves that out.
EOF
}

binary='' directory=$ROOT/kubernetes
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --binary) binary=${2:?--binary needs a path} && shift ;;
    -*) die "unknown option: $1" "scripts/check-kubernetes.sh --help tells what there is." ;;
    *) directory=$1 ;;
    esac
    shift
done

# has_kubectl: whether there is one with a kustomize that knows all that is used here.
has_kubectl() { [[ $(kubectl version --client 2>/dev/null) =~ v1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 27)); }

if [[ ${TEST_PROFILE:-full} == fast ]] && ! has_kubectl; then
    say "fast: left out, because there is no kubectl"
    exit 0
fi
command -v kubectl >/dev/null || need_packages kubernetes
has_kubectl || die "kubectl is missing or older than 1.27: $(command -v kubectl || echo none)" \
    "Debian 13 has one: apt-get install kubernetes-client. Others: https://kubernetes.io/docs/tasks/tools"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

built=()
for kustomization in "$directory"/base "$directory"/overlays/*; do
    name=$(basename "$kustomization")
    kubectl kustomize "$kustomization" >"$scratch/$name.yml" || die "kubectl kustomize ${kustomization#"$ROOT/"} failed" \
        "See what it says above."
    built+=("$scratch/$name.yml")
done

# configurations FILE: writes every yggdrasil.yaml of a ConfigMap in FILE beside it, FILE-1, FILE-2, …
configurations() {
    awk -v file="$1" '
        /^  yggdrasil\.yaml: \|/ { into = file "-" ++count; next }
        into != "" && !/^(    |$)/ { close(into); into = "" }
        into != "" { print substr($0, 5) > into }
        END { exit count == 0 }
    ' "$1" || die "no ConfigMap of $(basename "$1") holds a yggdrasil.yaml"
}

if [[ -n $binary ]]; then
    for file in "${built[@]}"; do
        configurations "$file"
        for configuration in "$file"-*; do
            "$binary" config check --config "$configuration" >/dev/null ||
                die "ygg refuses a ConfigMap of $(basename "$file" .yml)" "This is it:" "$(cat "$configuration")"
        done
    done
    exit 0
fi

if [[ ${TEST_PROFILE:-full} == fast ]]; then
    say "fast: left out are the schemas of Kubernetes and what scripts/kubernetes.py asks for"
    exit 0
fi
python=${YGG_TEST_PYTHON:-$ROOT/.build-venv/bin/python}
[[ -x $python ]] || die "no python3 with scripts/requirements-test.txt" \
    "scripts/test.sh makes it; or TEST_PROFILE=fast scripts/check-kubernetes.sh."
"$python" -B "$ROOT/scripts/kubernetes.py" "$ROOT" "${built[@]}"
