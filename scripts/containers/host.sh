# shellcheck shell=bash disable=SC2154,SC2034  # variables of other parts
# The machine that test-containers.sh runs on: what podman may do here, a base image, other "machines", and the end of all.
# Sourced by it. Reads `work`, `keep`, `base`.

account=yggc$$           # an ordinary user, whose containers the fleet's are
bridge=yc$$              # the network between the machines
network=10.$((RANDOM % 100 + 100)).$((RANDOM % 250))
machines=()
declare -A addresses=()
links=()                 # our ends of their cables: a namespace may outlive its name for a while
registry=''

# podman_settings DIRECTORY: what podman is told by two files. Neither is looked for anywhere else.
podman_settings() {
    local directory=$1
    mkdir -p "$directory"/{root,run,networks,tmp}
    cat >"$directory/storage.conf" <<EOF
[storage]
driver = "$storage_driver"
graphroot = "$directory/root"
runroot = "$directory/run"
rootless_storage_path = "$directory/root"
EOF
    # A runtime must not ask for higher limits than this process has, which is what podman does unless told otherwise.
    # Locks in files, because those in shared memory are one set for all storages of a user.
    cat >"$directory/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "$runtime"
image_copy_tmp_dir = "$directory/tmp"
[network]
network_config_dir = "$directory/networks"
EOF
}

# find_quirks: what differs here from a machine of one's own.
find_quirks() {
    local hard
    hard=$(ulimit -Hn) files=16384
    [[ $hard == unlimited ]] || ((hard / 2 >= files)) || files=$((hard / 2))
    hard=$(ulimit -Hu) processes=16384
    [[ $hard == unlimited ]] || ((hard / 2 >= processes)) || processes=$((hard / 2))
    runtime=crun
    # crun runs under version 2 alone, or version 1 alone; where both are there, it is runc.
    if ! command -v crun >/dev/null || [[ $(stat -f -c %T /sys/fs/cgroup) != cgroup2fs ]]; then runtime=runc; fi
    storage_driver=overlay
    mkdir -p "$work"/overlay/{a,b,w,m}
    if mount -t overlay overlay -o "lowerdir=$work/overlay/a,upperdir=$work/overlay/b,workdir=$work/overlay/w" \
        "$work/overlay/m" 2>/dev/null; then
        umount "$work/overlay/m"
    else
        storage_driver=vfs
    fi
    rm -rf "$work/overlay"
    systemd=no
    [[ ! -S /run/systemd/private ]] || systemd=yes
    say "podman $(podman --version | sed 's/.* //'), $runtime, $storage_driver, limits $files files and $processes processes, systemd: $systemd"
}

# make_base: Debian slim, as its image is made: the packages that are needed to have packages, without manuals. Of this
# machine's release, because a program runs with the C library that it was built with, or a newer one.
make_base() {
    local suite=bookworm
    if grep -qx 'ID=debian' /etc/os-release; then suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release); fi
    mmdebstrap --quiet --variant=minbase --mode=root --format=tar \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        "$suite" "$work/base.tar" "deb http://deb.debian.org/debian $suite main" \
        "deb http://deb.debian.org/debian $suite-updates main" \
        "deb http://deb.debian.org/debian-security $suite-security main" >"$work/base.log" 2>&1 ||
        { cat "$work/base.log" && return 1; }
}

prepare_host() {
    find_quirks
    podman_settings "$work/host"
    export CONTAINERS_STORAGE_CONF=$work/host/storage.conf CONTAINERS_CONF=$work/host/containers.conf
    useradd --create-home --home-dir "$work/home" --shell /bin/bash "$account"
    grep -q "^$account:" /etc/subuid || usermod --add-subuids 500000-565535 --add-subgids 500000-565535 "$account"
    ip link add "$bridge" type bridge
    ip address add "$network.1/24" dev "$bridge"
    ip link set "$bridge" up
}

# add_machine NAME NUMBER: an address, a home and a storage of its own. Its user is the ordinary one.
add_machine() {
    local name=$1 number=$2 place=$work/m/$1
    ip netns add "$account-$name"
    ip link add "$bridge-$number" type veth peer name eth0 netns "$account-$name"
    links+=("$bridge-$number")
    ip link set "$bridge-$number" master "$bridge" up
    ip -n "$account-$name" link set lo up
    ip -n "$account-$name" address add "$network.$number/24" dev eth0
    ip -n "$account-$name" link set eth0 up
    mkdir -p "$place/home" "$place/xdg"
    podman_settings "$place"
    chmod 711 "$work/m"
    chown -R "$account:" "$place"
    chmod 700 "$place/xdg"
    machines+=("$name") addresses[$name]=$network.$number
}

# at NAME COMMAND…: there, as its user.
at() {
    local name=$1 place=$work/m/$1
    shift
    (cd "$place/home" && exec nsenter --net="/run/netns/$account-$name" setpriv --reuid "$account" --regid "$account" \
        --init-groups env -i PATH="$PATH" LANG=C.UTF-8 HOME="$place/home" XDG_RUNTIME_DIR="$place/xdg" TMPDIR="$place/tmp" \
        CONTAINERS_STORAGE_CONF="$place/storage.conf" CONTAINERS_CONF="$place/containers.conf" "$@")
}

all_belong_to_their_user() { equal "$(find "$1" ! -user "$account" -ls)" ""; }

# forget_podman DIRECTORY COMMAND…: ends all containers of one storage and what podman itself leaves running.
forget_podman() {
    local directory=$1 pause
    shift
    "$@" podman rm -fa -t 0 >/dev/null 2>&1
    "$@" podman network prune -f >/dev/null 2>&1
    pause=$(cat "$directory/xdg/libpod/tmp/pause.pid" 2>/dev/null) && kill "$pause" 2>/dev/null
    # Mounts that a killed container left behind.
    grep -o " ${directory}[^ ]*" /proc/mounts | sort -r | xargs -r -n1 umount -l 2>/dev/null
    return 0
}

cleanup() {
    local status=$? name
    trap - EXIT
    set +e
    if [[ -n $keep ]]; then
        printf '\nKept: %s\n  machines: %s (network namespaces, see at() in scripts/containers/host.sh)\n' "$work" "${machines[*]}"
        printf '  podman of the host: CONTAINERS_STORAGE_CONF=%s CONTAINERS_CONF=%s\n' "$CONTAINERS_STORAGE_CONF" "$CONTAINERS_CONF"
        exit "$status"
    fi
    for name in "${machines[@]}"; do forget_podman "$work/m/$name" at "$name"; done
    forget_podman "$work/host"
    # sshd, a model's double, what serves names to containers: they outlive their namespace's name.
    for name in "${machines[@]}" compose; do
        ip netns pids "$account-$name" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
        ip netns del "$account-$name" 2>/dev/null
    done
    if [[ -n $registry ]]; then
        "$ROOT/scripts/deploy-registry.sh" --package --host "$network.1" --port "${registry##*:}" --data "$work/registry" --stop
        rm -f "$(registry_drop_in "$registry")"
    fi
    for name in "${links[@]}" "$bridge"; do ip link del "$name" 2>/dev/null; done
    userdel "$account" 2>/dev/null
    rm -rf "$work"
    exit "$status"
}
