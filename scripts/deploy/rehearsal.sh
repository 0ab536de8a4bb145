# shellcheck shell=bash disable=SC2154  # the variables are sent with it
# Stands behind machine.sh in a dry run: says what would be done on a machine that runs an older version, and does none of it.

HOME='{home}'

show() {
    local word line=''
    for word in "$@"; do
        word=${word//'{home}'/'~'}
        [[ $word =~ ^[A-Za-z0-9_./:=@,+~%-]+$ ]] || word=$(printf '%q' "$word")
        line+=" $word"
    done
    printf '    %s$%s\n' "$TARGET" "$line" >&9
}

podman() {
    case "$1 ${2:-}" in
    'info '*) echo true ;;
    'container exists') ;;
    'image exists') return 1 ;;
    *) show podman "$@" ;;
    esac
}

lasting() { :; }
recover() { :; }
record() { :; }
write_config() { show mkdir -p "$directory" && printf '    %s$ cat >%s/yggdrasil.yaml  # its entry, see: ygg config show --file\n' "$TARGET" "${directory/'{home}'/'~'}" >&9; }
joined() { return 1; }
last_words() { :; }
tidy() { printf '    %s$ podman rmi …  # what was fetched for it before the last two versions\n' "$TARGET" >&9; }
