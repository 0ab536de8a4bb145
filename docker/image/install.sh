#!/bin/sh
# Makes a base image into one of ours, as root in its build: packages, the user, ssh and git. See usage below.
#
# What it leaves behind is the same whenever it runs: no caches, no logs, no dates.
set -eu

usage() {
    cat <<'EOF'
usage: install.sh base GROUP      packages of the groups `runtime` and GROUP of packages.txt, the user ygg, ssh and git
       install.sh base-minimal GROUP   packages of GROUP alone, and the user
       install.sh extra [PACKAGE]…     these packages as well

APT_SNAPSHOT, such as 20260301T000000Z, takes packages as they were then from APT_SNAPSHOT_URL, so that an image can be
built again as it was. A base without apt-get has to bring everything along; what it lacks is named.
EOF
}

here=$(dirname "$0")
records=/usr/share/yggdrasil

# packages_of GROUP…: names of packages.txt that belong to any of the groups.
packages_of() {
    sed 's/#.*//' "$here/packages.txt" | while read -r name groups; do
        for group in $groups; do
            case " $* " in
            *" $group "*)
                echo "$name"
                break
                ;;
            esac
        done
    done
}

sources() {
    [ -n "${APT_SNAPSHOT:-}" ] || return 0
    # shellcheck disable=SC1091 # the base image has it
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    rm -f /etc/apt/sources.list.d/*
    # A snapshot's lists have expired by design; their signatures are checked all the same.
    cat >/etc/apt/sources.list <<EOF
deb [check-valid-until=no] $APT_SNAPSHOT_URL/debian/$APT_SNAPSHOT $codename main
deb [check-valid-until=no] $APT_SNAPSHOT_URL/debian/$APT_SNAPSHOT $codename-updates main
deb [check-valid-until=no] $APT_SNAPSHOT_URL/debian-security/$APT_SNAPSHOT $codename-security main
EOF
}

# left_out: what packages bring and nothing of ours reads: manuals, translations, and of perl, which git depends on,
# the headers and the tables of scripts that git has no business with.
left_out() {
    cat >/etc/dpkg/dpkg.cfg.d/yggdrasil <<'EOF'
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/zoneinfo/right/*
path-exclude=/usr/lib/*/perl/*/CORE/*
path-exclude=/usr/lib/*/perl/*/auto/Encode/CN/*
path-exclude=/usr/lib/*/perl/*/auto/Encode/JP/*
path-exclude=/usr/lib/*/perl/*/auto/Encode/KR/*
path-exclude=/usr/lib/*/perl/*/auto/Encode/TW/*
path-exclude=/usr/lib/*/perl/*/auto/Unicode/Collate/*
path-exclude=/usr/share/perl/*/Unicode/Collate/*
EOF
}

# install PACKAGE…
install() {
    [ $# -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        for name in "$@"; do
            case $name in
            ca-certificates) [ -e /etc/ssl/certs ] || missing="${missing:-} $name" ;;
            iproute2) needs ip ;;
            libsqlite3-0 | libstdc++6 | zlib1g) ;; # what the binary links to is found out when it is run below
            mount | git | curl | jq | tini) needs "$name" ;;
            openssh-client) needs ssh ;;
            procps) needs ps ;;
            ripgrep) needs rg ;;
            tzdata) [ -d /usr/share/zoneinfo ] || missing="${missing:-} $name" ;;
            util-linux) needs setpriv && needs unshare && needs prlimit ;;
            *) missing="${missing:-} $name" ;;
            esac
        done
        [ -z "${missing:-}" ] && return 0
        echo "error: the base image has no apt-get and lacks what these Debian packages hold:$missing" >&2
        echo "  Make a base image that has them, and name it with --build-arg RUNTIME_IMAGE=…" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1
    apt-get -qq update
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" >/dev/null || {
        echo "error: could not install: $*" >&2
        echo "  Names are Debian's; \`apt-cache search\` in the base image finds them." >&2
        exit 1
    }
}

needs() { command -v "$1" >/dev/null || missing="${missing:-} $name"; }

# user: 10001:10001 on every image, so that volumes fit all of them. Written by hand, because a tool would put today's
# date beside it.
user() {
    grep -q '^ygg:' /etc/passwd && return
    echo 'ygg:x:10001:' >>/etc/group
    echo 'ygg:x:10001:10001:Yggdrasil:/home/ygg:/bin/sh' >>/etc/passwd
    [ ! -e /etc/shadow ] || echo 'ygg:!:19000:0:99999:7:::' >>/etc/shadow
    mkdir -p /data /workspace /home/ygg /etc/yggdrasil
    chown 10001:10001 /data /workspace /home/ygg
    chmod 700 /data /workspace /home/ygg
}

# strangers: repositories that are mounted belong to whom they belong, and hosts are met for the first time.
strangers() {
    cp "$here/gitconfig" /etc/gitconfig
    mkdir -p /etc/ssh/ssh_config.d
    cp "$here/ssh_config" /etc/ssh/ssh_config.d/yggdrasil.conf
    chmod 644 /etc/gitconfig /etc/ssh/ssh_config.d/yggdrasil.conf
}

# record: every package and its exact version, for whoever has to know what is in an image.
record() {
    mkdir -p "$records"
    if command -v dpkg-query >/dev/null; then
        # shellcheck disable=SC2016 # the fields are dpkg-query's
        dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' | LC_ALL=C sort >"$records/packages.txt"
    else
        rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n' 2>/dev/null | LC_ALL=C sort >"$records/packages.txt"
    fi
    chmod 644 "$records/packages.txt"
}

# clean: what differs from one build to the next.
clean() {
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
        /var/lib/dpkg/*-old /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /root/.cache \
        /tmp/* /var/tmp/*
    find /var/log -type f -delete
    # Python would find that its compiled files are older than what they were made from and compile anew at every start.
    # These are checked by nobody, and the same in every build. Of what cannot be compiled (samples of wrong programs
    # are among the files) there is none, and Python says so to whoever imports it.
    if command -v python3 >/dev/null; then
        find / -xdev -name __pycache__ -prune -exec rm -rf {} +
        PYTHONHASHSEED=0 python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3* >/dev/null || true
    fi
}

[ $# -gt 0 ] || { usage >&2 && exit 2; }
what=$1
shift
case $what in
base | base-minimal)
    [ $# -eq 1 ] || { usage >&2 && exit 2; }
    [ ! -d /etc/apt ] || sources
    [ ! -d /etc/dpkg/dpkg.cfg.d ] || left_out
    if [ "$what" = base ]; then set -- runtime "$1"; fi
    # shellcheck disable=SC2046 # names of packages are words
    install $(packages_of "$@")
    user
    [ "$what" = base-minimal ] || strangers
    ;;
extra) install "$@" ;;
*) usage >&2 && exit 2 ;;
esac
clean
record
