# shellcheck shell=bash disable=SC2154,SC2016  # what runs in containers is for their shells to expand
# A household: fenrir, surtr and huginn, a coordinator and a code agent on surtr, deployed by the script that people use.
# Sourced by test-containers.sh, with `registry` and `tag`.

coordinator_url=http://$network.12:5080
repository=$work/m/surtr/repository
sshd=/usr/sbin/sshd

write_fleet() {
    # The kind that faults are tried with leaves a mark of every attempt, which a lost or doubled one would show in.
    local mark='[{kind: work-mark, run: [sh, -c, "echo $YGG_TASK $YGG_EPOCH >>/data/marks; sleep 6"], timeout: 1m}]'
    cat >"$work/fleet.yaml" <<EOF
registry: "http://$registry"
tag: "$tag"
canary: huginn
coordinator:
  machine: surtr
  url: "$coordinator_url"
  config:
    coordinator: {leaseTTL: 5s}
    routes:
      - {prefix: git-, executors: [fenrir]}
      - {prefix: llm-, executors: [surtr]}
      - {prefix: ops-, executors: [huginn]}
      - {prefix: code-, executors: [code-agent]}
      - {prefix: work-, executors: [fenrir, surtr, huginn]}
machines:
  - {name: fenrir, handlers: [git, dev, work], mounts: ["$work/m/fenrir/repository:/srv/household:z"],
     config: {handlers: $mark}}
  - {name: surtr, handlers: [llm, work], environment: {OLLAMA_HOST: "http://127.0.0.1:11434"}, config: {handlers: $mark}}
  - {name: huginn, handlers: [ops, work], labels: {size: small}, config: {handlers: $mark}}
  - {name: code-agent, ssh: surtr, image: code-agent, handlers: [code], environment: {OLLAMA_HOST: "http://127.0.0.1:11434"},
     mounts: ["$repository:/srv/calculator:z"], config: {models: {default: "qwen2.5-coder:3b"}}}
EOF
}

# unpack_sshd: Debian's own, unpacked and not installed: once installed it would serve port 22 of whoever runs this.
unpack_sshd() {
    mkdir -p "$work/sshd" && cd "$work/sshd" || return
    apt-get -qq download openssh-server 2>/dev/null || { apt-get -qq update && apt-get -qq download openssh-server; } || return
    dpkg-deb -x openssh-server_*.deb .
}

# Who deploys has one key, which the user of all machines lets in; and knows what host has which key.
write_ssh() {
    local name key
    mkdir -p "$work/operator"
    ssh-keygen -q -t ed25519 -N '' -f "$work/operator/key"
    install -d -m 700 -o "$account" "$work/home/.ssh"
    install -m 600 -o "$account" "$work/operator/key.pub" "$work/home/.ssh/authorized_keys"
    cat >"$work/operator/ssh_config" <<EOF
User $account
Port 2222
IdentityFile $work/operator/key
IdentitiesOnly yes
UserKnownHostsFile $work/operator/known_hosts
StrictHostKeyChecking yes
BatchMode yes
ConnectTimeout 10
EOF
    for name in fenrir surtr huginn; do
        at "$name" ssh-keygen -q -t ed25519 -N '' -f "$work/m/$name/host_key"
        key=$(cut -d' ' -f1,2 "$work/m/$name/host_key.pub")
        printf '[%s]:2222 %s\n' "${addresses[$name]}" "$key" >>"$work/operator/known_hosts"
        printf 'Host %s\nHostName %s\n' "$name" "${addresses[$name]}" >>"$work/operator/ssh_config"
        # All machines are one, whose user has one home; what is a machine's own it says here.
        cat >"$work/m/$name/sshd_config" <<EOF
Port 2222
HostKey $work/m/$name/host_key
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv $(at "$name" env | tr '\n' ' ')
EOF
    done
}

# serve_ssh NAME: as its user, who can let in nobody else.
serve_ssh() {
    at "$1" "$sshd" -D -e -f "$work/m/$1/sshd_config" >>"$work/m/$1/sshd.log" 2>&1 &
    eventually 10 over_ssh "$1" true || { cat "$work/m/$1/sshd.log" && return 1; }
}

# over_ssh TARGET COMMAND…: what is behind deploy-executors.sh's --ssh.
over_ssh() { ssh -F "$work/operator/ssh_config" "$@"; }

# deploy OPTION…: the script that people use, with "machines" of ours.
# shellcheck disable=SC2120 # options are optional
deploy() {
    YGG=$host_ygg "$ROOT/scripts/deploy-executors.sh" --file "$work/fleet.yaml" \
        --ssh "ssh -F $work/operator/ssh_config" --patience 60 "$@"
}

# nothing_to_deploy: of the five containers none is another than before.
# shellcheck disable=SC2119
nothing_to_deploy() {
    local said
    said=$(deploy) || return
    printf '%s\n' "$said"
    equal "$(grep -cE 'runs sha256:[0-9a-f]+ already' <<<"$said")" 5
}

# fleet ARGUMENT…: ygg on this machine, as an operator of the household.
fleet() {
    env -i PATH="$PATH" HOME="$work/operator" YGG_COORDINATOR="$coordinator_url" YGG_TOKEN="$operator" "$host_ygg" "$@"
}
api() { curl -fsS -m 20 -H "Authorization: Bearer $operator" "$@"; }

# cold NAME IMAGE COMMAND…: milliseconds from `podman run` to a health check that passes.
cold() {
    local name=$1 image=$2 began ended
    shift 2
    began=$(date +%s%N)
    at huginn podman run -d --name "cold-$name" --userns=keep-id:uid=10001,gid=10001 --network host --read-only --tmpfs /tmp \
        "$image" "$@" >/dev/null 2>&1
    until at huginn podman healthcheck run "cold-$name" >/dev/null 2>&1; do
        (($(date +%s%N) - began < 20000000000)) || { at huginn podman logs "cold-$name" >&2; break; }
    done
    ended=$(date +%s%N)
    at huginn podman rm -f -t 1 "cold-$name" >/dev/null 2>&1
    printf '%s' $(((ended - began) / 1000000))
}

# fastest …: of three, because whatever else this machine does counts, too.
fastest() {
    for _ in 1 2 3; do cold "$@" && echo; done | sort -n | head -n 1
}

# The double answers as a model does that repairs one function.
start_ollama() {
    cp "$ROOT/Tests/Doubles/ollama_double.py" "$work/ollama.py"
    at surtr python3 "$work/ollama.py" 11434 >"$work/ollama.log" 2>&1 &
}

calculator() {
    at surtr mkdir -p "$repository"
    at surtr bash -euc "cd '$repository'
        printf 'def add(a, b):\n    return a - b\n' >calc.py
        printf 'from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n' >test_calc.py
        printf '[tool.pytest.ini_options]\n' >pyproject.toml
        git init -q -b main && git add . && git -c user.name=Freya -c user.email=freya@localhost commit -qm 'It subtracts'"
}

# code_task: through the model's calls, the tests, a person's yes, and to the branch.
code_task() {
    local id diff
    at surtr curl -fsS -o /dev/null http://127.0.0.1:11434/double/replies -d '[
        {"text": "I look at it.", "calls": [{"name": "read_file", "arguments": {"path": "calc.py"}}]},
        {"calls": [{"name": "edit_file", "arguments": {"path": "calc.py", "old_text": "return a - b", "new_text": "return a + b"}}]},
        {"calls": [{"name": "finish", "arguments": {"summary": "add() subtracted; it adds now."}}]}]'
    id=$(fleet task submit code-refactor -p repo=/srv/calculator -p "instruction=add() must add" \
        --params '{"test": ["python3", "-m", "pytest", "-q"]}') || return 1
    timeout 120 "$work/as-operator" task wait "$id" --wait-for approval || [[ $? == 5 ]] || { fleet task logs "$id"; fleet why "$id"; return 1; }
    diff=$(fleet task diff "$id") || return 1
    says '^\+    return a \+ b' <<<"$diff" || return 1
    [[ $(api "$coordinator_url/v1/tasks/$id" | jq -r .executor) == code-agent ]] || { echo "somebody else did it" && return 1; }
    fleet approve "$id" || return 1
    timeout 60 "$work/as-operator" task wait "$id" || { fleet task logs "$id"; return 1; }
    says 'return a \+ b' <<<"$(at surtr git -C "$repository" show main:calc.py)" || return 1
    all_belong_to_their_user "$repository"
}

# went_to EXECUTOR KIND…: a task from this machine's command line, and who did it.
went_to() {
    local wanted=$1 id
    shift
    id=$(fleet task submit "$@") || return 1
    timeout 60 "$work/as-operator" task wait "$id" || { fleet why "$id"; return 1; }
    equal "$(api "$coordinator_url/v1/tasks/$id" | jq -r .executor)" "$wanted"
}

containers() { printf '%s\n' "surtr yggdrasil-coordinator" "fenrir yggdrasil-fenrir" "surtr yggdrasil-surtr" \
    "huginn yggdrasil-huginn" "surtr yggdrasil-code-agent"; }

nobody_is_root() {
    local machine container
    while read -r machine container; do
        at "$machine" podman exec "$container" sh -c 'for p in /proc/[0-9]*; do
            while read -r key uid rest; do [ "$key" != Uid: ] || [ "$uid" = 10001 ] || { echo "$p is $uid"; exit 1; }; done <$p/status || [ ! -e $p ] || exit 1
        done' || { echo "in $container" && return 1; }
    done < <(containers)
}

root_is_read_only() {
    local machine container
    while read -r machine container; do
        refuses at "$machine" podman exec "$container" touch /usr/here || { echo "in $container" && return 1; }
        says 'Read-only' <<<"$(at "$machine" podman exec "$container" touch /usr/here 2>&1)" || return 1
        at "$machine" podman exec "$container" touch /data/here /tmp/here || return 1
    done < <(containers)
}

all_healthy() {
    local machine container
    while read -r machine container; do
        at "$machine" podman healthcheck run "$container" || { echo "$container is not" && return 1; }
    done < <(containers)
}

# Whoever is left behind by an ended parent is taken over by the first process, and must not stay as a zombie.
zombies_are_reaped() {
    local orphan
    orphan=$(at fenrir podman exec yggdrasil-fenrir sh -c '(sleep 0.2 >/dev/null & echo $!)') || return
    eventually 10 at fenrir podman exec yggdrasil-fenrir sh -c "[ ! -e /proc/$orphan ]"
}

health_of() { says '"status":"(pass|warn)"' <<<"$(curl -fsS -m 5 "$1/health")"; }

# asked_for_a_token: on loopback, too, which tasks in containers share with everybody on their machine.
asked_for_a_token() {
    local url
    for url in http://localhost:5001/info http://localhost:5002/info http://localhost:5080/v1/tasks; do
        equal "$(at surtr curl -sS -m 5 -o /dev/null -w '%{http_code}' "$url")" 401 || { echo "by $url" && return 1; }
    done
}

test_fleet() {
    local number=11 name port
    for name in fenrir surtr huginn; do
        add_machine "$name" $number
        number=$((number + 1))
    done
    at fenrir mkdir -p "$work/m/fenrir/repository"
    at fenrir bash -euc "cd '$work/m/fenrir/repository' && git init -q -b main && echo one >notes && git add . &&
        git -c user.name=Freya -c user.email=freya@localhost commit -qm 'The first'"
    calculator
    write_fleet
    if [[ ! -x $sshd ]]; then
        sshd=$work/sshd/usr/sbin/sshd
        step "an sshd is fetched" unpack_sshd
    fi
    write_ssh
    for name in fenrir surtr huginn; do
        serve_ssh "$name" >"$work/ssh.log" 2>&1 || die "$name cannot be reached by ssh" "$(cat "$work/ssh.log")"
    done
    start_ollama
    step "a model's double answers on surtr" eventually 10 at surtr curl -fsS http://127.0.0.1:11434/api/version

    for name in coordinator executor; do
        step "huginn has the image of the $name" at huginn podman pull -q --tls-verify=false "$registry/yggdrasil-$name:$tag"
    done
    local coordinator executor
    coordinator=$(fastest coordinator "$registry/yggdrasil-coordinator:$tag")
    executor=$(fastest executor "$registry/yggdrasil-executor:$tag" executor --id cold --coordinator http://127.0.0.1:9)
    printf '      from podman run to healthy: coordinator %s ms, executor %s ms\n' "$coordinator" "$executor"
    check "a coordinator is healthy 2 s after podman run" at_most "$coordinator" 2000
    check "an executor, too" at_most "$executor" 2000

    step "one command deploys the household, and every machine joins with an invitation" deploy
    operator=$(at surtr podman exec yggdrasil-coordinator ygg token create test --role operator 2>/dev/null)
    { printf '#!/usr/bin/env bash\n' && declare -p work coordinator_url operator host_ygg && declare -f fleet && printf 'fleet "$@"\n'; } >"$work/as-operator"
    chmod 700 "$work/as-operator"
    check "run again, it changes nothing" nothing_to_deploy
    check "the coordinator answers at its address" health_of "$coordinator_url"
    for name in fenrir:11:5002 surtr:12:5002 huginn:13:5002 code-agent:12:5001; do
        IFS=: read -r name number port <<<"$name"
        check "$name answers curl /health on its machine" at "$(of_machine "$name")" curl -fsS -m 5 "http://localhost:$port/health"
    done
    check "what runs beside an executor or the coordinator gives them no orders" asked_for_a_token
    check "every container passes its own health check" all_healthy
    check "nobody is root" nobody_is_root
    check "their roots are read-only, their volumes are not" root_is_read_only
    check "the first process reaps the others" zombies_are_reaped
    check "a git- task from this machine goes to fenrir" went_to fenrir git-log -p repo=/srv/household
    check "an ops- task goes to huginn" went_to huginn ops-disk
    check "an llm- task goes to surtr" went_to surtr llm-prompt -p "prompt=Hello"
    check "a Python task goes to the code agent, through its tests and an approval, to the branch" code_task
}

of_machine() { if [[ $1 == code-agent ]]; then echo surtr; else echo "$1"; fi; }
