# shellcheck shell=bash
# How test-containers.sh counts and tells. Sourced by it.

passed=0 failed=0 failures=()

section() { printf '\n##### %s (%s s)\n' "$1" "$SECONDS"; }

# check SENTENCE COMMAND…: whether it holds. What the command says is shown where it does not. It runs in a shell of its own:
# variables that it sets are gone.
check() {
    local sentence=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$sentence"
    else
        failed=$((failed + 1)) failures+=("$sentence")
        printf 'FAIL  %s\n' "$sentence"
        printf '%s\n' "$output" | tail -n 25 | sed 's/^/        /'
    fi
}

# step SENTENCE COMMAND…: as check, of something that everything later needs.
step() {
    local before=$failed
    check "$@"
    ((failed == before)) || die "the rest needs this: $1"
}

refuses() { ! "$@"; }

# ends_with STATUS COMMAND…: as refuses, where the status says who refused: podman's own are 125 and more.
ends_with() {
    local expected=$1 status=0
    shift
    "$@" || status=$?
    equal "$status" "$expected"
}

# eventually SECONDS COMMAND…: as soon as it succeeds.
eventually() {
    local deadline=$((SECONDS + $1)) output
    shift
    until output=$("$@" 2>&1); do
        if ((SECONDS >= deadline)); then
            printf '%s\n' "$output"
            return 1
        fi
        sleep 0.2
    done
    printf '%s\n' "$output"
}

equal() { [[ $1 == "$2" ]] || { printf 'expected: %s\nfound:    %s\n' "$2" "$1" && return 1; }; }
says() { grep -qE -- "$1" || { printf 'nothing says: %s\n' "$1" && return 1; }; }
at_most() { (($1 <= $2)) || { printf '%s is more than %s\n' "$1" "$2" && return 1; }; }

conclude() {
    printf '\n'
    ((failed == 0)) || printf 'FAIL  %s\n' "${failures[@]}"
    printf '%s passed, %s failed (%s s)\n' "$passed" "$failed" "$SECONDS"
    ((failed == 0))
}
