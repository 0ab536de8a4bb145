"""Holds built manifests against the schemas of Kubernetes, and against the images and the configuration that they run.

usage: kubernetes.py ROOT BUILT.yml…        (scripts/check-kubernetes.sh builds them)

What a manifest repeats has one place where it is true: user, ports, volumes and variables of an image are those of
docker/Dockerfile.ROLE, the version is that of Sources/YggCore/YggVersion.swift. The rest of the rules are promises that no
schema knows: what restarts a pod is /livez, the grace outlasts the drain, nothing is root. Before that, every rule is seen
to refuse what it is there for: see kubernetes_broken.py.
"""

import functools
import json
import pathlib
import re
import sys

import kubernetes_validate
import yaml

from kubernetes_broken import BROKEN

# The oldest that knows sidecars (overlays/gpu), and the newest that the schemas know.
VERSIONS = ["1.29", kubernetes_validate.latest_version()]
# What an executor needs, after its drain, to report what became of the work.
REPORTING = 30


class Image:
    """What a Dockerfile says of the image that it makes."""

    def __init__(self, path):
        text = path.read_text().replace("\\\n", " ")
        self.role = path.suffix[1:]
        self.name = "yggdrasil-" + self.role
        # The last stage counts.
        text = text[text.rindex("\nFROM "):]
        self.user, self.group = (int(n) for n in re.search(r"^USER (\d+):(\d+)", text, re.M).groups())
        self.port = int(re.search(r"^EXPOSE (\d+)", text, re.M).group(1))
        self.volumes = yaml.safe_load(re.search(r"^VOLUME (.*)", text, re.M).group(1))
        self.variables = set(re.findall(r"\b(YGG_(?:WORKSPACE|EXECUTOR_PORT|PORT|HOST|HANDLERS|SLOTS|LABELS))=", text))


class Manifests:
    """What `kubectl kustomize` made of one kustomization, by what it is."""

    def __init__(self, documents):
        self.documents = documents

    def of(self, kind):
        return {d["metadata"]["name"]: d for d in self.documents if d["kind"] == kind}

    def configuration(self, pod):
        """The yggdrasil.yaml that the pod finds where it looks for it."""
        for volume in pod.get("volumes", []):
            data = self.of("ConfigMap").get(volume.get("configMap", {}).get("name"), {}).get("data", {})
            if "yggdrasil.yaml" in data:
                return yaml.safe_load(data["yggdrasil.yaml"])
        return {}


def seconds(duration):
    number, unit = re.fullmatch(r"(\d+)(s|m|h)", duration).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


@functools.cache
def schema_complaints(text):
    """Of one document as JSON: most are the same in every kustomization."""
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(json.loads(text), version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            found.append(error.message)
    return found


def container_complaints(container, tag, images):
    """What is wrong with any container, be it ours or not."""
    image, _, shown = container["image"].rpartition("/")[2].partition(":")
    if image.startswith("yggdrasil-"):
        if image not in {i.name for i in images}:
            yield f"there is no docker/Dockerfile for {image}"
        if shown not in ("", tag):
            yield f"{image} has the tag {shown}, and this is {tag}"
    elif shown in ("", "latest"):
        yield f"{image} of somebody else has no version"
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem is not true"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "capabilities are not dropped, all of them"
    resources = container.get("resources", {})
    for kind in ("requests", "limits"):
        if missing := {"cpu", "memory", "ephemeral-storage"} - set(resources.get(kind, {})):
            yield f"resources.{kind} lacks {', '.join(sorted(missing))}"


def probe_complaints(container, image, host):
    paths = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    names = {p["name"]: p["containerPort"] for p in container.get("ports", [])}
    isLoopback = host.startswith("127.")
    for name, path in paths.items():
        probe = container.get(name, {})
        if "httpGet" in probe:
            get = probe["httpGet"]
            asked = (get["path"], names.get(get["port"], get["port"]))
            if isLoopback:
                yield f"{name} comes from the node, which does not reach {host}"
        else:
            url = next((a for a in probe.get("exec", {}).get("command", []) if a.startswith("http")), "")
            match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/\w+)", url)
            asked = (match[2], int(match[1])) if match else None
        if asked != (path, image.port):
            yield f"{name} does not ask {path} on {image.port}, but {asked or 'nothing'}"


def pod_complaints(deployment, manifests, images, tag):
    name = deployment["metadata"]["name"]
    spec, template = deployment["spec"], deployment["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    if spec.get("replicas") != 1 or spec.get("strategy") != {"type": "Recreate"}:
        yield "there may be two at once: replicas must be 1 and the strategy Recreate"
    if not spec["selector"]["matchLabels"].items() <= labels.items():
        yield "its selector does not select its own pods"
    if pod.get("automountServiceAccountToken") is not False:
        yield "automountServiceAccountToken is not false"
    for container in pod.get("initContainers", []) + pod["containers"]:
        for complaint in container_complaints(container, tag, images):
            yield f"{container['name']}: {complaint}"
    for volume in pod.get("volumes", []):
        for kind, key, field in (
            ("ConfigMap", "configMap", "name"),
            ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
        ):
            if key in volume and volume[key][field] not in manifests.of(kind):
                yield f"the volume {volume['name']} is of a {kind} that there is not: {volume[key][field]}"

    own = pod["containers"][0]
    image = next((i for i in images if own["image"].rpartition("/")[2].partition(":")[0] == i.name), None)
    if image is None:
        yield "its first container is none of our images"
        return
    wanted = {
        "runAsNonRoot": True, "runAsUser": image.user, "runAsGroup": image.group, "fsGroup": image.group,
        "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"},
    }
    for key, value in wanted.items():
        if pod.get("securityContext", {}).get(key) != value:
            yield f"securityContext.{key} is not {value}"
    mounted = {m["mountPath"] for m in own.get("volumeMounts", [])}
    if mounted != {*image.volumes, "/tmp", "/etc/yggdrasil"}:
        yield f"mounted are {', '.join(sorted(mounted))}, and not the image's volumes, /tmp and /etc/yggdrasil"
    empty = {e["name"] for e in own.get("env", []) if e.get("value") == ""}
    if unheard := image.variables - empty:
        yield f"the file is not heard, because the image sets {', '.join(sorted(unheard))}"

    configuration = manifests.configuration(pod)
    section = configuration.get("coordinator" if image.role == "coordinator" else "executor")
    if section is None:
        yield "no ConfigMap that it mounts has its section in a yggdrasil.yaml"
        return
    if section.get("port") != image.port:
        yield f"its configuration has the port {section.get('port')}, and the image {image.port}"
    yield from probe_complaints(own, image, section.get("host", "127.0.0.1"))
    if image.role != "coordinator":
        if configuration.get("auth") != {"loopback": "required"}:
            yield "a command that a task runs in it could give it orders: auth.loopback is not required"
        drain = section.get("drainTimeout", "30s")
        grace = pod.get("terminationGracePeriodSeconds", 30)
        if grace < seconds(drain) + REPORTING:
            yield f"terminationGracePeriodSeconds {grace} is less than {drain} and {REPORTING} s more"
        if section.get("workspaceRoot") not in image.volumes:
            yield f"the workspace {section.get('workspaceRoot')} is no volume"
        if labels.get("yggdrasil/role") != "executor":
            yield "without the label yggdrasil/role: executor it does not reach the coordinator"
        if section.get("coordinator") not in addresses(manifests, images):
            yield f"no Service is at {section.get('coordinator')}, where its coordinator is to be"
        routes = {r["prefix"] for r in routes_of(manifests) if name.removeprefix("yggdrasil-") in r["executors"]}
        if unrouted := {f"{h}-" for h in section.get("handlers", [])} - routes:
            yield f"no route leads to its {', '.join(sorted(unrouted))}"


def routes_of(manifests):
    for deployment in manifests.of("Deployment").values():
        yield from manifests.configuration(deployment["spec"]["template"]["spec"]).get("routes", [])


def addresses(manifests, images):
    """Where a coordinator is to be reached: a Service in front of its pods, which its publicUrl names."""
    port = next(i.port for i in images if i.role == "coordinator")
    for name, service in manifests.of("Service").items():
        for deployment in manifests.of("Deployment").values():
            template = deployment["spec"]["template"]
            own = template["spec"]["containers"][0]
            ports = {p["name"]: p["containerPort"] for p in own.get("ports", [])}
            if not service["spec"]["selector"].items() <= template["metadata"]["labels"].items():
                continue
            for served in service["spec"]["ports"]:
                url = f"http://{name}:{served['port']}"
                public = manifests.configuration(template["spec"]).get("coordinator", {}).get("publicUrl")
                if ports.get(served["targetPort"], served["targetPort"]) == port and url == public:
                    yield url


def fleet_complaints(manifests, images):
    """What is wrong between the parts."""
    if manifests.of("Secret"):
        yield "a Secret stands in a manifest: it may only be referred to"
    pods = [d["spec"]["template"]["metadata"]["labels"] for d in manifests.of("Deployment").values()]
    executors = [p for p in pods if p.get("yggdrasil/role") == "executor"]
    budgets = [b["spec"]["selector"]["matchLabels"] for b in manifests.of("PodDisruptionBudget").values()]
    policies = [p["spec"] for p in manifests.of("NetworkPolicy").values()]
    for labels in executors:
        if not any(b.items() <= labels.items() for b in budgets):
            yield f"no PodDisruptionBudget is for {labels['app.kubernetes.io/component']}"
    for labels in pods:
        closed = {
            kind for p in policies if p["podSelector"]["matchLabels"].items() <= labels.items() for kind in p["policyTypes"]
        }
        if closed != {"Ingress", "Egress"}:
            yield f"no NetworkPolicy closes both directions for {labels['app.kubernetes.io/component']}"
    port = next(i.port for i in images if i.role == "coordinator")
    for direction in ("ingress", "egress"):
        if not any(p["port"] == port for s in policies for rule in s.get(direction, []) for p in rule["ports"]):
            yield f"no NetworkPolicy opens {direction} for the coordinator's port {port}"


def complaints(documents, images, tag):
    isKnown = True
    for document in documents:
        for complaint in schema_complaints(json.dumps(document)):
            yield f"{document['kind']} {document['metadata']['name']}: {complaint}"
            isKnown = False
    # What Kubernetes does not know has no further meaning.
    if not isKnown:
        return
    manifests = Manifests(documents)
    for name, deployment in manifests.of("Deployment").items():
        for complaint in pod_complaints(deployment, manifests, images, tag):
            yield f"{name}: {complaint}"
    yield from fleet_complaints(manifests, images)


def main(root, *files):
    root = pathlib.Path(root)
    images = [Image(p) for p in sorted((root / "docker").glob("Dockerfile.*"))]
    version = re.search(r'current = "([^"]+)"', (root / "Sources/YggCore/YggVersion.swift").read_text())[1]
    isSound = True
    for file in map(pathlib.Path, files):
        text = file.read_text()
        for complaint in complaints(list(yaml.safe_load_all(text)), images, f"v{version}"):
            print(f"{file.stem}: {complaint}", file=sys.stderr)
            isSound = False
    if not isSound:
        return 1
    text = pathlib.Path(files[0]).read_text()
    for what, old, new in BROKEN:
        if old not in text:
            print(f"kubernetes_broken.py: {what}: nothing says {old!r} any more", file=sys.stderr)
            isSound = False
        elif not any(complaints(list(yaml.safe_load_all(text.replace(old, new, 1))), images, f"v{version}")):
            print(f"kubernetes.py does not notice: {what}", file=sys.stderr)
            isSound = False
    if isSound:
        print(f"{len(files)} kustomizations hold for Kubernetes {' and '.join(VERSIONS)}; {len(BROKEN)} broken ones are noticed")
    return 0 if isSound else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
