#!/usr/bin/env bash
# What every image promises stands in its Dockerfile, and what two of them share is the same in both.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../docker"

shared() { sed -n '/^ARG BUILDER_IMAGE=/,/^# From here on they differ/p' "$1"; }
diff <(shared Dockerfile.executor) <(shared Dockerfile.code-agent) || {
    echo "Dockerfile.executor and Dockerfile.code-agent differ above the line that says so, and would share no layer." >&2
    exit 1
}
status=0
while read -r image port start; do
    for line in 'USER 10001:10001' 'ENTRYPOINT \["tini", "-s", "--", "ygg"\]' "EXPOSE $port" 'VOLUME \["/data".*' \
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=$start --retries=3 .*" "ENV YGG_IMAGE=$image .*"; do
        grep -qxE "$line" "Dockerfile.$image" || { echo "Dockerfile.$image has no line like: $line" >&2 && status=1; }
    done
done <<'EOF'
coordinator 5080 5s
executor 5002 5s
code-agent 5001 10s
EOF
for asked in executor:5002 code-agent:5001; do
    grep -q "http://localhost:${asked#*:}/health" "Dockerfile.${asked%:*}" ||
        { echo "The health check of Dockerfile.${asked%:*} asks another port than ${asked#*:}." >&2 && status=1; }
done
((status != 0)) || echo "the images are as docs/images.md says"
exit "$status"
