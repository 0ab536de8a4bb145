#!/usr/bin/env bash
# Containers are run alike wherever they are run from: Quadlets, the compose file and the `podman run` lines of docs/deploy.md
# say what docker/run-options.tsv says, no less and no more.
# With a directory, so do the units in it, which podman made of the Quadlets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 scripts/deploy/check.py "$@"
