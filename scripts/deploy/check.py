"""Holds every way to run a container of ours against the one table of run options. See check-deploy.sh."""

import json
import re
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORTS = {"coordinator": "5080", "executor": "5002", "code-agent": "5001"}
complaints = []


def complain(place, text):
    complaints.append(f"{place}: {text}")


def table():
    """Per role its options as pairs, and its command."""
    roles = {role: {"options": [], "command": []} for role in PORTS}
    for number, line in enumerate((ROOT / "docker/run-options.tsv").read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or fields[3] not in ("always", "rootless", "keys", "ollama", "gpu"):
            complain(f"docker/run-options.tsv:{number}", "must be roles, option, value and when, with tabs between")
            continue
        names, option, value, when = fields
        for role in PORTS if names == "all" else names.split(","):
            if role not in roles:
                complain(f"docker/run-options.tsv:{number}", f"{role} is no role")
            elif option == "command":
                roles[role]["command"].append(value)
            else:
                roles[role]["options"].append((option, "" if value == "-" else value, when))
    return roles


def known(value, role, name):
    """A value of the table, for one container. What a machine chooses itself stays {…}."""
    return value.replace("{name}", name).replace("{port}", PORTS[role])


def fits(wanted, value):
    """Whether a value is that of the table, with anything where the table leaves the choice to the machine."""
    pattern = ".+".join(re.escape(part) for part in re.split(r"\{[a-z]+\}", wanted))
    return re.fullmatch(pattern, value) is not None


def compare(place, role, name, found, command, unless=(), free=()):
    """What is `found`, pairs, against the table. Options in `unless` are given in another way here."""
    wanted = [(o, known(v, role, name), w) for o, v, w in TABLE[role]["options"] if o not in unless]
    left = list(found)
    lacking, applies = [], {"always", "rootless"}
    for option, value, when in wanted:
        match = next((pair for pair in left if pair[0] == option and fits(value, pair[1])), None)
        if match:
            left.remove(match)
            applies.add(when)
        else:
            lacking.append((option, value, when))
    # What a machine need not have it has as a whole: a GPU is of no use by half of its options.
    for option, value, when in lacking:
        if when in applies:
            complain(place, f"lacks {option} {value}")
    for option, value in left:
        if option not in free and not (option == "--volume" and re.search(r":/(srv|repositories)/[^:]*:z$", value)):
            complain(place, f"has {option} {value}, which the table has not")
    if command != TABLE[role]["command"]:
        complain(place, f"runs {command}, not {TABLE[role]['command']}")


FLAGS = ("-d", "--read-only", "--replace", "--rm")
LONG = {"-v": "--volume", "-e": "--env", "--net": "--network"}


def parsed(words):
    """The options of a `podman run` as pairs, and what follows them: the image and its command."""
    found = []
    while words[0].startswith("-"):
        option, _, value = words.pop(0).partition("=")
        if option not in FLAGS:
            found.append((LONG.get(option, option), value or words.pop(0)))
        elif option != "-d":
            found.append((option, ""))
    return found, words


def documented():
    """The lines of docs/deploy.md that run a container of ours for good."""
    text = (ROOT / "docs/deploy.md").read_text()
    lines = re.sub(r"\\\n\s*", " ", "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))).splitlines()
    seen = set()
    for line in lines:
        if not line.startswith("podman run -d ") or "/yggdrasil-" not in line:
            continue
        found, rest = parsed(shlex.split(line.split(" # ")[0])[2:])
        role = re.search(r"/yggdrasil-([a-z-]+)", rest[0]).group(1)
        name = dict(found).get("--name", "").removeprefix("yggdrasil-")
        found = [pair for pair in found if pair[0] != "--name"]
        seen.add(name)
        compare(f"docs/deploy.md, {name}", role, name, found, rest[1:])
    for name in ("coordinator", "fenrir", "surtr", "code-agent", "huginn"):
        if name not in seen:
            complain("docs/deploy.md", f"does not say how {name} is run by hand")


KEYS = {
    "Network": "--network", "UserNS": "--userns", "ReadOnly": "--read-only", "Tmpfs": "--tmpfs", "HealthCmd": "--health-cmd",
    "HealthInterval": "--health-interval", "HealthTimeout": "--health-timeout", "HealthRetries": "--health-retries",
    "HealthStartPeriod": "--health-start-period", "Volume": "--volume", "Environment": "--env", "AddDevice": "--device",
}


def quadlets():
    for role in PORTS:
        place = f"docker/quadlet/yggdrasil-{role}.container"
        section, found, other = "", [], {}
        for line in (ROOT / place).read_text().splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                key, value = line.split("=", 1)
                if section == "Container" and key == "PodmanArgs":
                    words = shlex.split(value)
                    found += list(zip(words[::2], words[1::2]))
                elif section == "Container" and key in KEYS:
                    # A volume that systemd knows by its own file, which the check below looks for.
                    value = re.sub(r"^([a-z-]+)\.volume:", r"\1:", value)
                    found.append((KEYS[key], "" if value == "true" else value))
                elif (section, key, value) == ("Container", "SecurityLabelDisable", "true"):
                    found.append(("--security-opt", "label=disable"))
                else:
                    other[f"{section}.{key}"] = value
        # systemd itself starts it again.
        compare(place, role, role, found, [other.get("Container.Exec")], unless=("--restart",))
        for key, value in {
            "Container.Image": f"localhost:5000/yggdrasil-{role}:latest", "Container.ContainerName": f"yggdrasil-{role}",
            "Container.AutoUpdate": "registry", "Service.Restart": "always", "Install.WantedBy": "default.target",
        }.items():
            if other.get(key) != value:
                complain(place, f"{key} is {other.get(key)}, not {value}")
        if "HealthOnFailure" in (ROOT / place).read_text():
            complain(place, "restarts by its health: a paused executor is healthy, a full disk is not mended. /livez restarts")
        for volume in re.findall(r"Volume=([a-z-]+\.volume)", (ROOT / place).read_text()):
            file = ROOT / "docker/quadlet" / volume
            if not file.exists() or f"VolumeName={volume.removesuffix('.volume')}\n" not in file.read_text():
                complain(place, f"{volume} is not there, or has another name")
        livez = (ROOT / f"docker/systemd/yggdrasil-{role}-livez.service").read_text()
        if f"localhost:{PORTS[role]}/livez " not in livez or f"try-restart yggdrasil-{role}.service" not in livez:
            complain(f"docker/systemd/yggdrasil-{role}-livez.service", "asks another port, or restarts another unit")
        if "timer" not in other.get("Unit.Wants", ""):
            complain(place, f"does not want yggdrasil-{role}-livez.timer")


# What the generator says besides: how systemd and podman keep hold of the container.
OF_QUADLET = ("--name", "--cidfile", "--replace", "--rm", "--cgroups", "--sdnotify", "--label")


def generated(directory):
    """The units that podman made of the Quadlets."""
    for role in PORTS:
        text = (directory / f"yggdrasil-{role}.service").read_text()
        line = re.search(r"^ExecStart=(.*)$", text, re.M).group(1)
        found, rest = parsed(shlex.split(line)[2:])
        compare(f"yggdrasil-{role}.service", role, role, [pair for pair in found if pair[0] not in OF_QUADLET], rest[1:],
                unless=("--restart",))


def compose():
    place = "docker/docker-compose.executors.yml"
    text = (ROOT / place).read_text()
    wanted = {option: value for option, value, _ in TABLE["executor"]["options"]}
    for line in (
        "read_only: true", f"tmpfs: [{wanted['--tmpfs']}]", f"mem_limit: {wanted['--memory']}", f"cpus: {wanted['--cpus']}",
        f"pids_limit: {wanted['--pids-limit']}", f"stop_grace_period: {wanted['--stop-timeout']}s",
        f"restart: {wanted['--restart']}", f"interval: {wanted['--health-interval']}", f"timeout: {wanted['--health-timeout']}",
        f"start_period: {wanted['--health-start-period']}", f"retries: {wanted['--health-retries']}",
    ):
        if not re.search(rf"^  {re.escape(line)}$", text, re.M):
            complain(place, f"lacks {line}")
    for role, port in PORTS.items():
        check = {option: known(value, role, role) for option, value, _ in TABLE[role]["options"]}["--health-cmd"]
        words = json.loads(check) if check.startswith("[") else check.split()
        if json.dumps(["CMD", *words]) not in text:
            complain(place, f"does not ask {role} for its health with {check}")
        if f"/yggdrasil-{role}:" not in text:
            complain(place, f"lacks {role}")
    if "\nauth:\n  loopback: required\n" not in (ROOT / "docker/compose.yaml").read_text():
        complain("docker/compose.yaml", "lets whoever reaches an executor's loopback give it orders")
    for name in ("coordinator", "fenrir", "surtr", "huginn", "code-agent", "registry"):
        if f"\n  {name}:\n" not in text:
            complain(place, f"lacks {name}")
        if name != "registry" and f'volumes: [*config, "{name}-data:/data"' not in text:
            complain(place, f"does not mount docker/compose.yaml into {name}")


TABLE = table()
documented()
quadlets()
compose()
if len(sys.argv) > 1:
    generated(Path(sys.argv[1]))
print("\n".join(complaints) or "every way to run a container says what docker/run-options.tsv says")
sys.exit(1 if complaints else 0)
