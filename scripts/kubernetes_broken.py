"""Manifests that must be refused: what is broken, what stands there as it is built, and what stands there instead.

Each replaces the first place where the built base says so. A rule of kubernetes.py without its line here may be a rule that
refuses nothing.
"""

BROKEN = [
    ("a field that there is not", "terminationGracePeriodSeconds:", "terminationGracePeriod:"),
    ("a value of the wrong type", "automountServiceAccountToken: false", "automountServiceAccountToken: sometimes"),
    ("a version of an API that is gone", "apiVersion: policy/v1", "apiVersion: policy/v1beta1"),
    ("a service account's token", "automountServiceAccountToken: false", "automountServiceAccountToken: true"),
    ("a port that the image does not serve", "port: 5001\n", "port: 5011\n"),
    ("a probe of another port", "http://127.0.0.1:5001/readyz", "http://127.0.0.1:5002/readyz"),
    ("a paused executor that is restarted", "http://127.0.0.1:5001/livez", "http://127.0.0.1:5001/readyz"),
    ("a coordinator that its health restarts", "path: /livez", "path: /health"),
    ("a probe that cannot get there", "      host: 0.0.0.0", "      host: 127.0.0.1"),
    ("a port of the container", "- containerPort: 5080", "- containerPort: 5081"),
    ("a Service in front of nothing", "targetPort: http", "targetPort: 5002"),
    ("an address that is not the Service's", "coordinator: http://yggdrasil-coordinator:5080", "coordinator: http://coordinator:5080"),
    ("a public address that executors do not ask", "publicUrl: http://yggdrasil-coordinator:5080", "publicUrl: http://surtr:5080"),
    ("an executor that its tasks command", "auth: {loopback: required}", "auth: {loopback: open}"),
    ("a kind that nobody is asked for", "handlers: [code, llm, ollama]", "handlers: [code, llm, ollama, power]"),
    ("a grace that the drain outlasts", "drainTimeout: 30s", "drainTimeout: 2m"),
    ("two coordinators on one database", "replicas: 1", "replicas: 2"),
    ("a new one beside the old one", "type: Recreate", "type: RollingUpdate"),
    ("root", "runAsUser: 10001", "runAsUser: 0"),
    ("somebody else than the image's user", "runAsGroup: 10001", "runAsGroup: 1000"),
    ("a key that the group may read at the next start", "fsGroupChangePolicy: OnRootMismatch", "fsGroupChangePolicy: Always"),
    ("no filter of system calls", "type: RuntimeDefault", "type: Unconfined"),
    ("a root that can be written", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    ("a way to more rights", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
    ("a capability", "            - ALL", "            - NET_RAW"),
    ("no limit of memory", "            memory: 512Mi\n", ""),
    ("an image that nobody builds", "image: localhost:5000/yggdrasil-executor", "image: localhost:5000/yggdrasil-worker"),
    ("the image of another version", "image: localhost:5000/yggdrasil-executor", "image: localhost:5000/yggdrasil-executor:v0.0.1"),
    ("a volume that is not mounted", "        - mountPath: /workspace\n          name: workspace\n", ""),
    ("a claim that there is not", "claimName: yggdrasil-code-agent-data", "claimName: yggdrasil-data"),
    ("a file that the image outvotes", "        - name: YGG_WORKSPACE\n          value: \"\"\n", ""),
    ("a workspace that is no volume", "workspaceRoot: /workspace", "workspaceRoot: /srv"),
    ("a Secret with its value", "kind: ConfigMap", "kind: Secret"),
    ("an executor without a budget", "maxUnavailable: 1\n  selector:\n    matchLabels:\n      yggdrasil/role: executor", "maxUnavailable: 1\n  selector:\n    matchLabels:\n      yggdrasil/role: nobody"),
    ("a network that is open to the inside", "  - Ingress\n  - Egress", "  - Egress"),
]
