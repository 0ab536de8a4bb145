# shellcheck shell=bash disable=SC2034,SC2178  # arrays that are read through their names, or by who sources this
# What deploy-executors.sh and join-machine.sh share: the inventory, the table of run options, the registry, and how a
# machine is reached. Sourced after scripts/lib.sh. Reads `dry_run`, `ssh` and `patience`, which the script's options set.

# Which deployment started a container: its label and the record of deployments on its machine say so by this.
deployment=$(date -u +%Y%m%dT%H%M%SZ)-$$-$RANDOM

# read_fleet FILE: the inventory as JSON, in `fleet`. YGG is the ygg that reads it.
read_fleet() {
    local file=$1 candidate reader=()
    [[ -r $file ]] || die "cannot read $file" "docs/fleet.example.yaml is one to begin with; name yours with --file."
    [[ -z ${YGG:-} || -x $YGG ]] || die "there is no ygg at $YGG" "Name another one with --ygg FILE, or none."
    for candidate in "${YGG:-}" "$(command -v ygg || true)" "$ROOT/.build/release/ygg" "$ROOT/.build/debug/ygg"; do
        if [[ -n $candidate && -x $candidate ]]; then
            reader=("$candidate")
            break
        fi
    done
    if ((${#reader[@]} == 0)); then
        image_reader "$(realpath -- "$file")" || die "there is no ygg to read $file with" \
            "Build the images here (scripts/build-and-push.sh), which have one; or put one on PATH, or name one: --ygg FILE"
        file=$(realpath -- "$file")
    fi
    fleet=$("${reader[@]}" config show --file "$file" --json) || die "$file is wrong" "Correct what is said above, and run this again."
}

# image_reader FILE: the ygg of the newest coordinator's image that this machine has, as `reader`; it sees that one file.
image_reader() {
    local image
    command -v podman >/dev/null || return 1
    image=$(podman images -q --no-trunc --sort created --filter reference=yggdrasil-coordinator) && [[ -n $image ]] || return 1
    image=${image%%$'\n'*} # the newest stands first
    # root in the container of an ordinary user is that user, who may read the file; SELinux is left out of it, for a label
    # would stay on the file.
    reader=(podman run --rm --pull never --user 0:0 --network none --read-only --no-healthcheck --security-opt label=disable
        --volume "$1:$1:ro" "$image")
}

# of NAME FILTER: something of one entry, by a filter of jq; the coordinator is an entry too.
of() {
    jq -r --arg name "$1" "(if \$name == \"coordinator\" then .coordinator else (.machines[] | select(.name == \$name)) end) | $2" \
        <<<"$fleet"
}

# options_of NAME: how its container is run, by docker/run-options.tsv and its entry: in `options`, `rootless_options`
# and `command`. {home} in them stands for the home on its machine. Reads `directory`.
options_of() {
    local name=$1 role port keys ollama gpu roles option value when key
    role=$(of "$name" .image) port=$(of "$name" .port) keys=$(of "$name" '.keys // ""')
    ollama=$(of "$name" '.environment.OLLAMA_HOST // ""') gpu=$(of "$name" .gpu)
    case $gpu in
    none) gpu='' ;;
    all) gpu=nvidia.com/gpu=all ;;
    esac
    options=() rootless_options=() command=()
    while IFS=$'\t' read -r roles option value when; do
        [[ $roles == all || ",$roles," == *",$role,"* ]] || continue
        case $when in
        keys) [[ -n $keys ]] || continue ;;
        ollama) [[ -n $ollama ]] || continue ;;
        gpu) [[ -n $gpu ]] || continue ;;
        esac
        # A limit that the entry sets itself.
        case $option in
        --memory | --cpus) key=${option#--} ;;
        --pids-limit) key=pids ;;
        *) key='' ;;
        esac
        [[ -z $key ]] || value=$(of "$name" ".$key // \"$value\"")
        [[ $option != --stop-timeout ]] || value=$(stop_timeout "$name" "$value")
        value=${value//'{name}'/$name} value=${value//'{port}'/$port} value=${value//'{keys}'/$keys}
        value=${value//'{ollama}'/$ollama} value=${value//'{gpu}'/$gpu} value=${value//'{config}'/$directory/yggdrasil.yaml}
        value=${value/#'~/'/'{home}/'}
        case $option:$when in
        command:*) command+=("$value") ;;
        *:rootless) rootless_options+=("$option" "$value") ;;
        *) if [[ $value == - ]]; then options+=("$option"); else options+=("$option" "$value"); fi ;;
        esac
    done < <(grep -v '^#' "$ROOT/docker/run-options.tsv")
    while IFS= read -r value; do options+=("$value"); done < <(of "$name" '
        def home: sub("^~/"; "{home}/");
        (.mounts[] | "--volume=\(.source | home):\(.target):\(.options)"),
        (.environment | to_entries[] | select(.key != "OLLAMA_HOST") | "--env=\(.key)=\(.value)"),
        (.environmentFile // empty | "--env-file=\(home)"),
        .options[]')
}

# stop_timeout NAME LEAST: seconds in which it can hand back what runs before it is killed.
stop_timeout() {
    local needed=$(($(of "$1" .drainTimeoutMs) / 1000 + 30))
    echo $((needed > $2 ? needed : $2))
}

# variables_of NAME: what machine.sh reads, as text for a shell. Whoever calls it often keeps it in `variables`.
declare -A variables=()
variables_of() {
    if [[ -n ${variables[$1]:-} ]]; then
        printf '%s\n' "${variables[$1]}"
        return
    fi
    local name=$1 image settings directory config options rootless_options command plain_http registry grace
    local coordinator_url variable
    image=${images[$(of "$name" .image)]:-} # none where its machine is only asked
    config=$(of "$name" '.yggdrasil')
    directory="{home}/.config/yggdrasil/$name/$(sha256sum <<<"$config" | head -c 12)"
    options_of "$name"
    settings=$(printf '%s\n' "$config" "${options[@]}" "${rootless_options[@]}" "${command[@]}" | sha256sum | head -c 12)
    plain_http=$(jq -r 'if .registry.plainHttp then "yes" else "" end' <<<"$fleet")
    registry=$(jq -r .registry.url <<<"$fleet") grace=$(stop_timeout "$name" 60)
    coordinator_url=$(jq -r .coordinator.url <<<"$fleet")
    for variable in name image settings directory config plain_http registry grace coordinator_url patience \
        deployment; do
        printf '%s=%q\n' "$variable" "${!variable}"
    done
    for variable in options rootless_options command; do
        local -n list=$variable
        printf '%s=(%s)\n' "$variable" "${list[*]@Q}"
    done
}

# on NAME CALL…: runs a function of machine.sh on the machine of NAME. The call may begin with assignments made by
# `assignment`. Its output is this function's; in a dry run it is what would be done there.
on() {
    local name=$1 target
    shift
    target=$(of "$name" .ssh)
    if [[ -n $dry_run ]]; then
        { variables_of "$name" && cat "$ROOT"/scripts/deploy/{machine,rehearsal}.sh && printf '%q ' "$@"; } |
            TARGET=$target bash -s
        return
    fi
    if [[ $target == local ]]; then
        sent "$name" "$@" | bash -s
    else
        # Words: --ssh and YGG_DEPLOY_SSH are commands with arguments.
        # shellcheck disable=SC2086
        sent "$name" "$@" | ${ssh:?} "$target" bash -s
    fi
}

# sent NAME CALL…: what goes there. What is called has no part of it as its input.
sent() {
    local name=$1
    shift
    printf 'set -euo pipefail\n'
    variables_of "$name"
    grep -v '^ *#' "$ROOT/scripts/deploy/machine.sh"
    [[ -z ${invitation:-} ]] || printf 'invitation=%q\n' "$invitation"
    printf '{ '
    printf '%q ' "$@"
    printf '</dev/null; exit; }\n'
}

# resolve_image ROLE TAG: its digest and its architectures, asked of the registry without fetching it: in `images`, as
# NAME@DIGEST, and `architectures`.
declare -A images=()
declare -A architectures=() # read by deploy-executors.sh
resolve_image() {
    local role=$1 tag=$2 url name path head body digest config
    url=$(jq -r .registry.url <<<"$fleet") name=$(jq -r .registry.name <<<"$fleet")
    path=yggdrasil-$role
    [[ $name != */* ]] || path=${name#*/}/$path
    url=${url%%://*}://${name%%/*}/v2/$path
    head=$(mktemp)
    if ! body=$(curl -fsS --netrc-optional --connect-timeout 5 -m 30 -D "$head" \
        -H 'Accept: application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json' \
        -H 'Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json' \
        "$url/manifests/$tag" 2>&1); then
        rm -f "$head"
        if [[ -n $dry_run ]]; then
            images[$role]=$name/yggdrasil-$role:$tag architectures[$role]=''
            return
        fi
        die "the registry has no yggdrasil-$role:$tag, or cannot be reached: ${body##*curl: }" \
            "Bring it there with scripts/build-and-push.sh --registry $name; see what it has: curl ${url%/v2/*}/v2/_catalog"
    fi
    digest=$(sed -n 's/^docker-content-digest: *\(sha256:[0-9a-f]*\).*/\1/Ip' "$head")
    rm -f "$head"
    [[ -n $digest ]] || die "the registry does not say the digest of yggdrasil-$role:$tag" "Is there a registry at $url?"
    if jq -e '.manifests' >/dev/null <<<"$body"; then
        architectures[$role]=$(jq -r '[.manifests[].platform.architecture | select(. != "unknown")] | unique | join(" ")' <<<"$body")
    else
        config=$(jq -r .config.digest <<<"$body")
        architectures[$role]=$(curl -fsSL --netrc-optional -m 30 "$url/blobs/$config" | jq -r .architecture) ||
            die "the registry lacks a part of yggdrasil-$role:$tag" "Push it again with scripts/build-and-push.sh."
    fi
    images[$role]=$name/yggdrasil-$role@$digest
}

# architecture MACHINE: what `uname -m` says, as images say it.
architecture() {
    case $1 in
    x86_64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) echo "$1" ;;
    esac
}
