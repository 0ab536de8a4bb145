# shellcheck shell=bash disable=SC2154,SC2016  # what runs in the container is for its shells to expand
# The units of docker/systemd under a systemd that is the first process of a container: a machine without podman. Sourced by
# test-containers.sh, with `source` and `binary`.

metal() { podman exec -i metal "$@"; }

# unit PROPERTY: of the executor's.
unit() { metal systemctl show yggdrasil-executor -p "$1" --value; }
unit_is() { equal "$(unit "$1")" "$2"; }

# unit_now: what the executor's is, whose process, and how often started anew. One look: between two it may have ended.
unit_now() { metal systemctl show yggdrasil-executor -p ActiveState -p MainPID -p NRestarts | xargs; }

another_process() {
    local now
    now=" $(unit_now) "
    [[ $now == *' ActiveState=active '* && $now != *" MainPID=$1 "* ]]
}

# send SIGNAL PID: never to 0, which is everybody.
send() { (($2 > 0)) && metal kill "-$1" "$2"; }

# of_freya COMMAND…: with the systemd of somebody who is logged in, as where Quadlets are.
of_freya() { metal runuser -u freya -- env XDG_RUNTIME_DIR=/run/user/1000 "$@"; }

metal_image() {
    local directory=$work/metal
    mkdir -p "$directory"
    cp -r "$source/docker/systemd" "$directory/units"
    strip -o "$directory/ygg" "$binary" || return
    cat >"$directory/Dockerfile" <<EOF
FROM localhost/debian:slim
RUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    systemd systemd-sysv libpam-systemd dbus $(packages_of runtime executor | xargs) >/dev/null
COPY ygg /usr/local/bin/ygg
COPY units /units
EOF
    podman build -q -t localhost/metal "$directory" >/dev/null
}

boot_metal() {
    podman run -d --name metal --no-healthcheck --systemd=always --cap-add SYS_ADMIN --network none localhost/metal \
        /lib/systemd/systemd >/dev/null
    eventually 60 metal test -S /run/systemd/private || return
    says '^(running|degraded)$' <<<"$(metal timeout 120 systemctl is-system-running --wait || true)"
}

# nothing_to_complain COMMAND…: systemd-analyze says everything on its errors, and ends well all the same.
nothing_to_complain() { equal "$("$@" 2>&1)" ""; }

# set_up_metal: as docs/deploy.md has it. The executor's port is another one, and its watchdog quick, for this test alone.
set_up_metal() {
    metal bash -euc '
        useradd --system --home-dir /var/lib/yggdrasil --shell /usr/sbin/nologin yggdrasil
        mkdir /etc/yggdrasil /etc/systemd/system/yggdrasil-executor.service.d
        printf "executor: {id: metal, port: 5102}\n" >/etc/yggdrasil/yggdrasil.yaml
        cp /units/yggdrasil-coordinator.service /units/yggdrasil-executor.service /etc/systemd/system/
        printf "[Service]\nWatchdogSec=15\n" >/etc/systemd/system/yggdrasil-executor.service.d/quick.conf
        systemctl daemon-reload'
}

# joins_metal: an executor is invited and joins as the user that the unit has.
joins_metal() {
    metal bash -euc '
        install -d -o yggdrasil -g yggdrasil -m 700 /var/lib/yggdrasil-executor
        runuser -u yggdrasil -- env YGG_DATA_DIR=/var/lib/yggdrasil ygg token create metal --role join |
            runuser -u yggdrasil -- ygg executor join --data-dir /var/lib/yggdrasil-executor --coordinator http://127.0.0.1:5080 --token -
        systemctl enable --now yggdrasil-executor'
}

# freyas_executor: a unit as a Quadlet makes it, as far as its timer sees.
freyas_executor() {
    metal bash -euc '
        useradd --uid 1000 --create-home freya
        install -d -o freya /home/freya/.config /home/freya/.config/systemd /home/freya/.config/systemd/user
        cp /units/yggdrasil-executor-livez.* /home/freya/.config/systemd/user/
        printf "%s\n" "[Unit]" "Wants=yggdrasil-executor-livez.timer" "[Service]" \
            "Environment=YGG_EXECUTOR_ID=freya YGG_EXECUTOR_PORT=5002" \
            "ExecStart=/usr/local/bin/ygg executor --data-dir %h/data --coordinator http://127.0.0.1:5080" \
            >/home/freya/.config/systemd/user/yggdrasil-executor.service
        loginctl enable-linger freya
        systemctl start user@1000' &&
        of_freya systemctl --user start yggdrasil-executor &&
        eventually 20 metal curl -fsS http://localhost:5002/livez
}

freyas_pid() { of_freya systemctl --user show yggdrasil-executor -p MainPID --value; }
freya_has_another() {
    local now
    now=$(freyas_pid)
    ((now > 0 && now != $1))
}
left_alone() {
    local before
    before=$(freyas_pid)
    of_freya systemctl --user start yggdrasil-executor-livez.service && equal "$(freyas_pid)" "$before"
}
timer_waits() { equal "$(of_freya systemctl --user is-active yggdrasil-executor-livez.timer)" active; }

done_on_metal() { says 'succeeded on metal' <<<"$(metal ygg task submit "$@" --label executor=metal --wait --timeout 20s 2>&1)"; }

packages_after_a_reload() {
    local before
    before=$(unit MainPID)
    says 'is allowed to do ops-packages' <<<"$(metal ygg task submit ops-packages -p packages=systemd 2>&1)" || return 1
    metal sh -c 'echo "executor: {id: metal, port: 5102, machine: {packages: {enabled: true}}}" >/etc/yggdrasil/yggdrasil.yaml'
    metal systemctl reload yggdrasil-executor && eventually 10 done_on_metal ops-packages -p packages=systemd &&
        unit_is MainPID "$before"
}

hands_back_and_ends() {
    metal systemctl stop yggdrasil-executor && unit_is Result success && unit_is ExecMainStatus 0 &&
        refuses metal systemctl is-failed -q yggdrasil-executor
}

# quadlet_units: what a podman that knows Quadlets makes of ours, in $work/quadlet/units. This release's may not; trixie's does.
quadlet_units() {
    local place=$work/quadlet
    mmdebstrap --quiet --variant=minbase --mode=root --include=podman,systemd --format=directory trixie "$place" \
        "deb http://deb.debian.org/debian trixie main" || return
    mkdir "$place/units" "$place/run/user"
    cp -r "$source/docker/quadlet" "$place/quadlet"
    chroot "$place" env QUADLET_UNIT_DIRS=/quadlet HOME=/root /usr/libexec/podman/quadlet -user /units || return
    cp "$source"/docker/systemd/*-livez.* "$place/units"
}

quadlets_are_known() {
    nothing_to_complain chroot "$work/quadlet" sh -c 'XDG_RUNTIME_DIR=/run/user systemd-analyze --user verify /units/*.service /units/*.timer'
}

test_systemd() {
    local pid before asked freyas
    step "a machine without podman is made" metal_image
    step "systemd is its first process" boot_metal
    step "its units are put where they belong" set_up_metal
    check "systemd has nothing to say against them" nothing_to_complain metal \
        sh -c 'systemd-analyze verify /etc/systemd/system/yggdrasil-*.service'
    step "the coordinator has started when systemd says so" metal systemctl start yggdrasil-coordinator
    check "and serves" metal curl -fsS http://127.0.0.1:5080/health
    step "an executor joins, and is enabled" joins_metal
    check "and does a task" done_on_metal ops-disk

    step "somebody's own systemd runs an executor" freyas_executor
    check "whose timer came with it" timer_waits
    check "where it answers, its timer's service leaves it alone" left_alone
    freyas=$(freyas_pid)
    step "hers hangs" send STOP "$freyas"
    of_freya systemctl --user start yggdrasil-executor-livez.service >"$work/livez.log" 2>&1 &
    asked=$!

    pid=$(unit MainPID)
    step "the machine's is killed" send KILL "$pid"
    check "killed, it is started again" eventually 15 another_process "$pid"
    check "and does a task again" eventually 20 done_on_metal ops-disk
    before=$(unit_now)
    metal sleep 20
    check "it says in time that it is alive" equal "$(unit_now)" "$before"
    pid=$(unit MainPID)
    step "it hangs" send STOP "$pid"
    check "one that hangs is ended by the watchdog, and started again" eventually 60 another_process "$pid"
    check "as systemd tells" says 'Watchdog timeout' <<<"$(metal journalctl -u yggdrasil-executor --no-pager -o cat)"
    check "what its configuration allows counts after a reload, in the same process" packages_after_a_reload
    check "stopped, it ends in order" hands_back_and_ends

    wait "$asked" || cat "$work/livez.log"
    check "one that hangs where a Quadlet is, is restarted by its timer's service" eventually 120 freya_has_another "$freyas"
    check "and answers" eventually 10 metal curl -fsS http://localhost:5002/livez

    check "podman makes units of the Quadlets" quadlet_units
    check "which run containers as all of ours are run" "$ROOT/scripts/check-deploy.sh" "$work/quadlet/units"
    check "and against which systemd has nothing to say" quadlets_are_known
    rm -rf "$work/quadlet"
    podman rm -f -t 0 metal >/dev/null
    podman rmi localhost/metal >/dev/null
}
