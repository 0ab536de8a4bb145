#!/usr/bin/env bash
# Every shell script of the project is free of what shellcheck knows to be a mistake.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec shellcheck -x scripts/*.sh scripts/*/*.sh docker/image/*.sh benchmarks/*.sh .ci/run
