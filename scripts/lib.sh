# shellcheck shell=bash
# What the scripts share: talking to the person, system packages, and checks made before long work begins.
# Sourced, never run: `. "$(dirname "$0")/lib.sh"`. Needs bash and nothing else.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { printf '==> %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die MESSAGE [NEXT STEP]…: what is wrong, then what to do about it, a line each.
die() {
    printf 'error: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '  %s\n' "$@" >&2
    exit 1
}

# misused MESSAGE: a script was called wrongly. Its usage says how it is to be called; the end is 2.
misused() {
    printf 'error: %s\n\n' "$1" >&2
    usage >&2
    exit 2
}

# has_value OPTION [VALUE…]: of what is left of the arguments, the first takes a value.
has_value() { (($# >= 2)) || misused "$1 needs a value"; }

# packages_of GROUP…: the names in packages.txt that belong to any of the groups.
packages_of() {
    local wanted=" $* " name groups group
    while read -r name groups; do
        for group in $groups; do
            if [[ $wanted == *" $group "* ]]; then
                printf '%s\n' "$name"
                break
            fi
        done
    done < <(sed 's/#.*//' "$ROOT/scripts/packages.txt")
}

# need_packages GROUP…: installs what is missing. Asks the network only when something is.
need_packages() {
    local name missing=() as_root=()
    if ! command -v dpkg-query >/dev/null; then
        warn "not a Debian system: make sure that these, or their equivalents, are here: $(packages_of "$@" | xargs)"
        return
    fi
    while read -r name; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done < <(packages_of "$@")
    ((${#missing[@]} > 0)) || return 0

    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "missing system packages: ${missing[*]}" \
            "There is no sudo here; as root, run: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing system packages: ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)
    "${as_root[@]}" "${apt[@]}" update </dev/null >/dev/null ||
        warn "apt-get update failed; trying with the package lists that are here"
    "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null ||
        die "could not install: ${missing[*]}" "See what apt says above, mend it, and run this again."
}

# check_swift: puts Swift ≥ 6.2 on PATH, or says how to get it.
check_swift() {
    local directory version major minor
    if ! command -v swift >/dev/null; then
        for directory in /opt/swift/usr/bin "${SWIFTLY_BIN_DIR:-${HOME:-/root}/.local/share/swiftly/bin}"; do
            if [[ -x $directory/swift ]]; then
                export PATH="$directory:$PATH"
                break
            fi
        done
    fi
    command -v swift >/dev/null || die "Swift is missing: no swift on PATH or in /opt/swift/usr/bin" "${SWIFT_HINT[@]}"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    major=${version%%.*} minor=${version#*.}
    [[ -n $version ]] || die "swift is at $(command -v swift), but \`swift --version\` does not answer" "${SWIFT_HINT[@]}"
    ((major > 6 || (major == 6 && minor >= 2))) ||
        die "Swift $version is too old: this needs 6.2 or newer ($(command -v swift))" "${SWIFT_HINT[@]}"
}

SWIFT_ARCHIVE="swiftly-$(uname -m).tar.gz"
SWIFT_HINT=(
    "It does not come with apt. Install it with swiftly, then run this again:"
    "    curl -fLO https://download.swift.org/swiftly/linux/$SWIFT_ARCHIVE && tar zxf $SWIFT_ARCHIVE && ./swiftly init"
    "Or unpack a toolchain from https://www.swift.org/install/linux/ so that /opt/swift/usr/bin/swift exists."
)

# check_disk DIRECTORY [GIB]: enough room for a build (4 GiB unless told otherwise).
check_disk() {
    local directory=$1 gib=${2:-4} free
    while [[ ! -d $directory ]]; do directory=$(dirname "$directory"); done
    free=$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')
    ((free >= gib * 1024 * 1024)) || die \
        "not enough disk: $((free / 1024)) MiB free in $directory, $((gib * 1024)) MiB needed" \
        "Free some space there and run this again."
}

# port_holder PORT: who listens on it, in words; nothing when nobody does.
port_holder() {
    local line
    # `ss` hides the process of another user from all but root; `uid:` it shows to everybody.
    line=$(ss -Hltnpe "sport = :$1" 2>/dev/null | head -n 1) || true
    [[ -n $line ]] || return 0
    if [[ $line =~ \(\(\"([^\"]*)\",pid=([0-9]+) ]]; then
        printf '%s (pid %s)\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    elif [[ $line =~ uid:([0-9]+) ]]; then
        printf 'a process of user %s\n' "$(id -nu "${BASH_REMATCH[1]}" 2>/dev/null || echo "${BASH_REMATCH[1]}")"
    else
        printf 'a process of another user\n'
    fi
}

# check_port PORT HOW: fails, naming the holder, when the port is taken. HOW says how to choose another one.
check_port() {
    local holder
    (($1 != 0)) || return 0
    holder=$(port_holder "$1")
    [[ -z $holder ]] || die "port $1 is taken by $holder" "Stop it, or $2."
}

# swift_build ARGUMENT…: `swift build` that shows where it is: SwiftPM's own bar on a terminal, elsewhere a line every
# ten seconds and every diagnostic at once.
swift_build() {
    if [[ -t 1 ]]; then
        swift build --package-path "$ROOT" "$@"
        return
    fi
    local line='' part progress='starting' shown=$SECONDS began=$SECONDS status=0 fd log
    log=$(mktemp)
    exec {fd}< <(swift build --package-path "$ROOT" "$@" 2>&1 && echo swift-build-succeeded)
    while true; do
        IFS= read -r -t 2 -u "$fd" part || status=$?
        line+=$part  # a read that timed out may have got the beginning of a line
        if ((status == 0)); then
            printf '%s\n' "$line" >>"$log"
            case $line in
            *error:* | *warning:*) printf '%s\n' "$line" ;;
            '['*) progress=$line ;;
            esac
            line=''
        elif ((status <= 128)); then
            break  # the end of the output, not a timeout
        fi
        status=0
        if ((SECONDS - shown >= 10)); then
            printf '    %4ss  %s\n' $((SECONDS - began)) "$progress"
            shown=$SECONDS
        fi
    done
    exec {fd}<&-
    status=0
    [[ $(tail -n 1 "$log") == swift-build-succeeded ]] || status=1
    if ((status != 0)); then
        printf 'The build failed. Its last lines:\n' >&2
        tail -n 40 "$log" >&2
    else
        printf '    %4ss  done\n' $((SECONDS - began))
    fi
    rm -f "$log"
    return "$status"
}

# swift_release: the release of ygg, for people and images alike, as RELEASE_BINARY.
# shellcheck disable=SC2034 # read by who sources this
RELEASE_BINARY=$ROOT/.build/release/ygg
swift_release() { swift_build -c release --static-swift-stdlib --product ygg; }

# registry_drop_in HOST:PORT: the file that tells podman of a registry without TLS.
registry_drop_in() {
    local directory=/etc/containers/registries.conf.d
    ((EUID == 0)) || directory=${XDG_CONFIG_HOME:-$HOME/.config}/containers/registries.conf.d
    printf '%s/yggdrasil-%s.conf\n' "$directory" "${1//[^A-Za-z0-9.]/-}"
}

# allow_plain_http HOST:PORT: podman asks every registry for TLS, loopback's too, unless it is told of exactly this one.
allow_plain_http() {
    local file
    file=$(registry_drop_in "$1")
    mkdir -p "$(dirname "$file")"
    printf '# Written by Yggdrasil: this registry has no TLS.\n[[registry]]\nlocation = "%s"\ninsecure = true\n' "$1" >"$file"
    chmod 644 "$file"
}
