#!/usr/bin/env bash
# Fetches the model that the coding agent asks into an Ollama: see usage below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DEFAULT_MODEL=qwen2.5-coder:3b

usage() {
    cat <<END
Fetches a model for the coding agent into an Ollama, and says how large and how finely quantised it is.

usage: scripts/pull-code-model.sh [options] [MODEL]

  MODEL         as Ollama names it, such as qwen2.5-coder:7b
                (YGG_MODEL, else AGENT_MODEL, where it is one of ollama/…; else $DEFAULT_MODEL)
  --host HOST   where Ollama is (OLLAMA_HOST, else localhost:11434)
  --models DIR  where that Ollama keeps its models, if it is on this machine
                (OLLAMA_MODELS, else ~/.ollama/models or /usr/share/ollama/.ollama/models)
  --help        this text

It goes on where an earlier fetch was broken off. Where the model is there it says so and fetches nothing: not a newer
one of that name either, which \`ollama pull\` does. On this machine it looks whether there is room before it fills the
disk.
END
}

# A variable may name a model of another provider: that is none to fetch here.
named=${YGG_MODEL:-${AGENT_MODEL:-}}
case $named in
ollama/*) model=${named#ollama/} ;;
*/* | '') model=$DEFAULT_MODEL ;;
*) model=$named ;;
esac
host=${OLLAMA_HOST:-localhost} models=${OLLAMA_MODELS:-} given=''
while (($# > 0)); do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --host) has_value "$@"; host=$2; shift ;;
    --models)
        has_value "$@"
        [[ -d $2 ]] || misused "--models: there is no directory $2"
        models=$2
        shift
        ;;
    -*) misused "unknown option $1" ;;
    *)
        [[ -z $given ]] || misused "one model at a time: $given, or $1"
        given=$1 model=${1#ollama/}
        [[ -n $given ]] || misused 'MODEL is empty'
        ;;
    esac
    shift
done
# [HOST[:PORT]/][NAMESPACE/]NAME[:TAG], none of them empty.
word='[A-Za-z0-9_][A-Za-z0-9._-]*'
[[ $model =~ ^(https?://)?($word(:[0-9]+)?/)?($word/)*$word(:$word)?$ ]] ||
    misused "\"$model\" is no name of a model: they look like $DEFAULT_MODEL"

# url_of HOST: as Ollama reads it: without a scheme the port is 11434, with one that of the scheme; an address that a
# server binds to is called by that of this machine.
url_of() {
    local text=${1//[\"\' ]/} scheme=http port=11434 path=''
    if [[ $text == *://* ]]; then
        scheme=${text%%://*} text=${text#*://}
        case $scheme in
        http) port=80 ;;
        https) port=443 ;;
        esac
    fi
    if [[ $text == */* ]]; then path=/${text#*/} text=${text%%/*}; fi
    # One colon, or one behind a bracket: everything else with colons is an address of IPv6.
    if [[ $text =~ ^([^:]*|\[.*\]):([0-9]+)$ ]]; then text=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]}; fi
    case $text in
    '' | 0.0.0.0) text=127.0.0.1 ;;
    :: | '[::]') text='[::1]' ;;
    '['*) ;;
    *:*) text="[$text]" ;;
    esac
    printf '%s://%s:%s%s\n' "$scheme" "$text" "$port" "${path%/}"
}

# readable BYTES: as people read it.
readable() { awk -v n="$1" 'BEGIN { split("B KiB MiB GiB TiB", u); i = 1; while (n >= 1024 && i < 5) { n /= 1024; i++ }
    printf (i == 1 ? "%d %s\n" : "%.1f %s\n"), n, u[i] }'; }

for command in curl jq; do
    command -v "$command" >/dev/null || need_packages scripts
done
url=$(url_of "$host")

# An Ollama on loopback looks at the header Host of who calls it.
refused() {
    die "$url refuses to be called by that name: an empty 403, with which Ollama turns away a Host that it does not know" \
        "Call it by localhost or by an address (--host HOST), or set OLLAMA_HOST=0.0.0.0 where it runs." \
        "With a proxy before it, let that send the header \"Host: localhost\"."
}

# ask PATH [BODY]: the answer as `body`, its status as `code`; 000 where there is none.
ask() {
    local answer data=()
    (($# < 2)) || data=(--data-binary "$2")
    answer=$(curl -s --connect-timeout 5 --max-time 15 -w '\n%{http_code}' "${data[@]}" "$url$1") || true
    code=${answer##*$'\n'} body=${answer%$'\n'*}
    [[ $code != 403 || -n $body ]] || refused
}

# is_there: whether the server has the model; what it is, as `facts`.
is_there() {
    local size
    ask /api/show "$request"
    [[ $code == 200 ]] || return 1
    facts=$(jq -r '"\(.details.parameter_size // "?") parameters, quantised as \(.details.quantization_level // "?"), can do "
        + ((.capabilities // []) | join(", "))' <<<"$body")
    ask /api/tags
    size=$(jq -r --arg model "$model" '
        def plain: ascii_downcase | sub("^https?://"; "") | sub("^registry\\.ollama\\.ai/"; "") | sub("^library/"; "")
            | if test(":[^/]*$") then . else . + ":latest" end;
        [.models[] | select((.name | plain) == ($model | plain)) | .size][0] // empty' <<<"$body") || true
    [[ -z $size ]] || facts="$(readable "$size"), $facts"
}

try_it() { say "Try it: ygg run llm-prompt --model ollama/$model --prompt 'Say hello'"; }

request=$(jq -nc --arg model "$model" '{model: $model, stream: true}')
ask /api/version
version=$(jq -r '.version // empty' 2>/dev/null <<<"$body") || true
[[ -n $version ]] || die "no Ollama answers at $url" \
    "Start it there with \`ollama serve\`, or say where it is: OLLAMA_HOST=HOST scripts/pull-code-model.sh"
if is_there; then
    say "$model is there already, in the Ollama $version at $url: $facts"
    try_it
    exit 0
fi
say "Ollama $version at $url: fetching $model"

# Where its files lie, known on this machine only.
if [[ -z $models && $url =~ ^https?://(127\.|localhost|\[::1\]) ]]; then
    for folder in "${HOME:-}/.ollama/models" /usr/share/ollama/.ollama/models; do
        if [[ -d $folder ]]; then
            models=$folder
            break
        fi
    done
fi
[[ -n $models && -d $models ]] || models=''

# room NEEDED: fails where fewer bytes are free.
room() {
    local free
    [[ -n $models ]] || return 0
    free=$(($(df -Pk -- "$models" | awk 'NR == 2 { print $4 }') * 1024))
    (($1 <= free)) || die "not enough disk for $model: $(readable "$1") to fetch, $(readable "$free") free where $models is" \
        "Free some space there, or take a smaller model; what was fetched is kept."
}

# Every part is told of as its turn comes, so the whole grows.
declare -A total=() completed=()
all=0 have=0 looked=0 shown=-1 succeeded='' failed='' said='' status=''
tell() {
    local percent=0
    ((all == 0)) || percent=$((have * 100 / all))
    if [[ -t 1 ]]; then
        printf '\r\033[K    %3s%%  %s of %s  %s' "$percent" "$(readable "$have")" "$(readable "$all")" "$status"
    elif ((percent >= shown + 10)) || { ((percent == 100)) && ((shown < 100)); }; then
        printf '    %3s%%  %s of %s\n' "$percent" "$(readable "$have")" "$(readable "$all")"
        shown=$percent
    fi
}
exec {answer}< <(
    curl -s -N --connect-timeout 5 -w '\n{"code": "%{http_code}"}\n' --data-binary "$request" "$url/api/pull" |
        jq --unbuffered -Rr 'select(. != "") | . as $line | try (fromjson | [.error // "", .status // "", .digest // "",
            .total // 0, .completed // 0, .code // ""] | @tsv) catch ([$line, "", "", 0, 0, ""] | @tsv)' |
        tr '\t' '\037'
)
while IFS=$'\037' read -r -u "$answer" error status digest size part code; do
    # The last line, with the status of it all.
    if [[ -n $code ]]; then
        [[ $code != 403 || -n $said ]] || refused
        ((10#$code < 400)) || failed="the server answers with $code"
        break
    fi
    said=yes
    if [[ -n $error ]]; then
        failed=$error
        break
    fi
    [[ $status != success ]] || succeeded=yes
    [[ -n $digest ]] || continue
    total[$digest]=$size completed[$digest]=$part
    all=0 have=0
    for digest in "${!total[@]}"; do
        all=$((all + total[$digest])) have=$((have + completed[$digest]))
    done
    if ((all > looked)); then
        looked=$all
        room $((all - have))
    fi
    tell
done
exec {answer}<&-
[[ ! -t 1 ]] || printf '\r\033[K'
[[ -z $failed ]] || die "$model could not be fetched: $failed" \
    "Names are on https://ollama.com/library; without a network, look at that of the machine of $url."
[[ -n $succeeded ]] || die "the fetch of $model broke off" "Run this again: it goes on where it was."

is_there || die "$url says that it fetched $model, and does not have it (/api/show: $code)" "Look at the log of that server."
say "$model is there: $facts"
try_it
