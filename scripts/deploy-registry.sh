#!/usr/bin/env bash
# The fleet's own registry on this machine: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'EOF'
Starts a registry for the fleet's images on this machine, and tells podman of it. Run again, it changes what differs.

usage: scripts/deploy-registry.sh [options]

  --host ADDRESS       the address it is served at (127.0.0.1). An address in your tailnet lets other machines pull
  --port PORT          (5000)
  --name HOST          a name that images have for this registry, such as surtr.example.ts.net; repeatable. Without TLS podman
                       has to be told of the very name that it is to push to and pull from
  --data DIR           where images are kept: a directory (with podman: a volume of podman's)
  --image IMAGE        with podman: the registry's image (docker.io/library/registry:2)
  --package            Debian's docker-registry as a process, in place of a container: where no image can be pulled.
                       Chosen by itself where there is no podman. It does not outlive a restart of the machine
  --tls CERT KEY       serve HTTPS with these two files. Without, podman is told that exactly this host has no TLS
  --htpasswd FILE      let in only whom this file names (`htpasswd -B -c FILE NAME` makes one)
  --ui                 with podman: a page on 127.0.0.1:8080 that shows what is in it
  --ui-image IMAGE     (docker.io/joxit/docker-registry-ui:2)
  --collect            remove from its disk what no tag refers to any more; it is away for that long
  --stop               end it; images stay where they are
  --dry-run            print what would be done
  --help               this text

Machines keep the images they run: while a registry is down everything goes on, and only new machines and upgrades wait
for it. docs/images.md says what to do then.
EOF
}

host=127.0.0.1 port=5000 data='' image=docker.io/library/registry:2 ui='' ui_image=docker.io/joxit/docker-registry-ui:2
package='' certificate='' key='' htpasswd='' action=start dry='' names=()
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --package) package=yes ;;
    --ui) ui=yes ;;
    --collect) action=collect ;;
    --stop) action=stop ;;
    --dry-run) dry=yes ;;
    --host) has_value "$@"; host=$2; shift ;;
    --port) has_value "$@"; port=$2; shift ;;
    --name) has_value "$@"; names+=("$2"); shift ;;
    --data) has_value "$@"; data=$2; shift ;;
    --image) has_value "$@"; image=$2; shift ;;
    --ui-image) has_value "$@"; ui_image=$2; shift ;;
    --htpasswd) has_value "$@"; htpasswd=$(realpath -- "$2"); shift ;;
    --tls)
        (($# >= 3)) || misused "--tls needs a certificate and its key"
        certificate=$(realpath -- "$2") key=$(realpath -- "$3")
        shift 2
        ;;
    *) misused "unknown option $1" ;;
    esac
    shift
done
if ! [[ $port =~ ^[0-9]{1,5}$ ]] || ! ((10#$port >= 1 && 10#$port <= 65535)); then die "$port is not a port"; fi
for index in "${!names[@]}"; do
    [[ ${names[index]} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5})?$ ]] ||
        die "${names[index]} is not the name of a host" "Such as surtr.example.ts.net, as images are named."
    [[ ${names[index]} == *:* ]] || names[index]+=:$port
done
for file in "$certificate" "$key" "$htpasswd"; do
    [[ -z $file || -r $file ]] || die "$file cannot be read"
done
[[ $host == 127.* || $host == localhost || -n $htpasswd || $action != start ]] ||
    warn "anybody who reaches $host may change its images: the tailnet's rules have to say who that is, or --htpasswd FILE"

[[ -n $package ]] || command -v podman >/dev/null || package=yes
if [[ -z $data ]]; then
    data=yggdrasil-registry
    if [[ -n $package ]]; then
        data=${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/yggdrasil-registry
        ((EUID != 0)) || data=/var/lib/yggdrasil-registry
    fi
fi
[[ $data != */* && -z $package ]] || data=$(realpath -m -- "$data")
name=yggdrasil-registry
scheme=http
[[ -z $certificate ]] || scheme=https
# What a client on this machine asks; names of 0.0.0.0 are every address.
address=$host:$port
[[ $host != 0.0.0.0 ]] || address=127.0.0.1:$port

# run COMMAND…: does it, or says it.
run() {
    if [[ -n $dry ]]; then
        printf '    %s\n' "${*@Q}"
    else
        "$@"
    fi
}

# quietly COMMAND…: without its output; what goes wrong is still said.
quietly() { if [[ -n $dry ]]; then run "$@"; else "$@" >/dev/null; fi; }

# answers: a registry is there and healthy; with passwords it asks for one.
answers() {
    local code
    code=$(curl -sS -k -m 5 -o /dev/null -w '%{http_code}' "$scheme://$address/v2/" 2>/dev/null) || return 1
    [[ $code == 200 || $code == 401 ]]
}

await_registry() {
    [[ -z $dry ]] || return 0
    local deadline=$((SECONDS + 20))
    until answers; do
        ((SECONDS < deadline)) || die "the registry did not answer at $scheme://$address within 20 s" "$1"
        sleep 0.1
    done
}

# The registry as a process of this machine.

pid_file=$data/registry.pid
process() { # its pid, if it lives and is ours
    local id
    id=$(cat "$pid_file" 2>/dev/null) || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$id/environ" | grep -qxF "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=$data/images" || return 1
    printf '%s\n' "$id"
}

# settings: what differs from registry/config.yml.
settings() {
    printf '%s\n' "REGISTRY_HTTP_ADDR=$host:$port" "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=$data/images"
    [[ -z $certificate ]] || printf '%s\n' "REGISTRY_HTTP_TLS_CERTIFICATE=$certificate" "REGISTRY_HTTP_TLS_KEY=$key"
    [[ -z $htpasswd ]] || printf '%s\n' REGISTRY_AUTH=htpasswd REGISTRY_AUTH_HTPASSWD_REALM=yggdrasil \
        "REGISTRY_AUTH_HTPASSWD_PATH=$htpasswd"
}

stop_process() {
    local id
    id=$(process) || return 0
    run kill "$id"
    [[ -z $dry ]] || return 0
    for _ in {1..100}; do
        [[ -e /proc/$id/exe ]] || break
        sleep 0.1
    done
    [[ ! -e /proc/$id/exe ]] || die "the registry (pid $id) did not end within 10 s"
    rm -f "$pid_file"
}

start_process() {
    local id wanted
    command -v docker-registry >/dev/null || die "there is no docker-registry here" \
        "apt-get install docker-registry, or install podman, which runs it as a container."
    mapfile -t wanted < <(settings)
    if id=$(process) && answers && cmp -s <(printf '%s\n' "${wanted[@]}") "$data/settings" &&
        cmp -s "$ROOT/registry/config.yml" "$data/config.yml"; then
        say "already running (pid $id)"
        return
    fi
    stop_process
    check_port "$port" "choose another one with --port PORT"
    if [[ -n $dry ]]; then
        printf '%s ' "${wanted[@]@Q}" && printf 'docker-registry serve %q\n' "$ROOT/registry/config.yml"
        return
    fi
    (umask 077 && mkdir -p "$data/images")
    cp "$ROOT/registry/config.yml" "$data/config.yml"
    printf '%s\n' "${wanted[@]}" >"$data/settings"
    env "${wanted[@]}" setsid docker-registry serve "$data/config.yml" </dev/null >>"$data/registry.log" 2>&1 &
    printf '%s\n' "$!" >"$pid_file"
    await_registry "Its log: $data/registry.log"
}

collect_process() {
    local id
    id=$(process) || true
    mapfile -t wanted < <([[ ! -e $data/settings ]] || cat "$data/settings")
    stop_process
    run env "${wanted[@]}" docker-registry garbage-collect --delete-untagged "$data/config.yml"
    [[ -n $id && -z $dry ]] || return 0
    env "${wanted[@]}" setsid docker-registry serve "$data/config.yml" </dev/null >>"$data/registry.log" 2>&1 &
    printf '%s\n' "$!" >"$pid_file"
    for setting in "${wanted[@]}"; do
        case $setting in
        REGISTRY_HTTP_ADDR=*) address=${setting#*=} ;;
        REGISTRY_HTTP_TLS_CERTIFICATE=*) scheme=https ;;
        esac
    done
    await_registry "Its log: $data/registry.log"
}

# The registry as a container.

start_container() {
    local arguments=(--name "$name" --restart always --read-only -p "$host:$port:5000"
        -v "$data:/var/lib/registry:z" -v "$ROOT/registry/config.yml:/etc/docker/registry/config.yml:ro,z"
        --health-cmd "wget -q -O /dev/null --no-check-certificate $scheme://localhost:5000/"
        --health-interval 30s --health-timeout 5s --health-start-period 5s --health-retries 3) wanted
    [[ -z $certificate ]] || arguments+=(-v "$certificate:/certificates/tls.crt:ro,z" -v "$key:/certificates/tls.key:ro,z"
        -e REGISTRY_HTTP_TLS_CERTIFICATE=/certificates/tls.crt -e REGISTRY_HTTP_TLS_KEY=/certificates/tls.key)
    # The page is in the registry's own network, whatever address that is served at; its port is the registry's to publish.
    [[ -z $ui ]] || arguments+=(-p 127.0.0.1:8080:80)
    [[ -z $htpasswd ]] || arguments+=(-v "$htpasswd:/certificates/htpasswd:ro,z" -e REGISTRY_AUTH=htpasswd
        -e REGISTRY_AUTH_HTPASSWD_REALM=yggdrasil -e REGISTRY_AUTH_HTPASSWD_PATH=/certificates/htpasswd)
    # What it was started with is kept as a label: the same again is left alone.
    wanted=$(printf '%s\n' "${arguments[@]}" "$image" "$(cat "$ROOT/registry/config.yml")" | sha256sum | cut -c1-16)
    if [[ $(podman inspect "$name" --format '{{index .Config.Labels "yggdrasil.settings"}} {{.State.Running}}' 2>/dev/null) == \
        "$wanted true" ]]; then
        say "already running (container $name)"
    else
        podman image exists "$image" || run podman pull "$image" || die "the registry's image cannot be pulled: $image" \
            "Run the Debian package in its place: scripts/deploy-registry.sh --package"
        quietly podman rm -f -i -t 10 "$name-ui" "$name"
        [[ -n $dry ]] || check_port "$port" "choose another one with --port PORT"
        quietly podman run -d "${arguments[@]}" --label "yggdrasil.settings=$wanted" "$image"
        await_registry "podman logs $name"
    fi
    # As every container of the fleet comes back: by podman-restart.service, which looks at --restart always alone.
    # shellcheck source=/dev/null
    [[ -n $dry ]] || (. "$ROOT/scripts/deploy/machine.sh" && lasting)
    [[ -n $ui ]] || return 0
    quietly podman rm -f -i -t 5 "$name-ui"
    # It asks the registry in the reader's name, so that the registry need not allow other origins.
    quietly podman run -d --name "$name-ui" --restart always --network "container:$name" -e SINGLE_REGISTRY=true \
        -e REGISTRY_TITLE=Yggdrasil -e "NGINX_PROXY_PASS_URL=$scheme://localhost:5000" "$ui_image"
}

collect_container() {
    run podman pause "$name"
    local status=0 from=(--volumes-from "$name") used
    used=$(podman inspect "$name" --format '{{.ImageName}}')
    # Paused, it takes no image whose parts would be removed under it.
    run podman run --rm "${from[@]}" "$used" garbage-collect --delete-untagged /etc/docker/registry/config.yml || status=$?
    run podman unpause "$name"
    # What it remembers of removed parts it forgets at its start.
    quietly podman restart -t 10 "$name"
    return "$status"
}

case $action in
start)
    if [[ -n $package ]]; then start_process; else start_container; fi
    if [[ $scheme == http ]]; then
        without_tls=("$address" "${names[@]}")
        # Images are named localhost:5000/… unless something else is said.
        [[ $host != 127.0.0.1 && $host != 0.0.0.0 ]] || without_tls+=("localhost:$port")
        for each in "${without_tls[@]}"; do
            if [[ -n $dry ]]; then
                printf 'write %q: %s has no TLS\n' "$(registry_drop_in "$each")" "$each"
            else
                allow_plain_http "$each"
            fi
        done
    fi
    [[ -n $dry ]] || say "the registry: $scheme://$address"
    echo "    Push to it: scripts/build-and-push.sh --registry ${names[0]:-$address}"
    ;;
stop)
    if [[ -n $package ]]; then stop_process; else quietly podman rm -f -i -t 10 "$name-ui" "$name"; fi
    ;;
collect)
    if [[ -n $package ]]; then collect_process; else collect_container; fi
    ;;
esac
