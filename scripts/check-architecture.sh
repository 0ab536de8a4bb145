#!/usr/bin/env bash
# The modules depend on and import only what architecture.py allows. Takes another package's directory for trying it out.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
check_swift
package=${1:-$ROOT}
description=$(swift package --package-path "$package" describe --type json)
python3 "$ROOT/scripts/architecture.py" "$package" <<<"$description"
