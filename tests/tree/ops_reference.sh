#!/usr/bin/env bash
# docs/ops.md is what the list and the descriptors say today.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if tools/ops_reference "${GRADUS_BUILD:-build/release}/gradus" | diff docs/ops.md - | head -20; then
    echo "ok 1 - docs/ops.md is up to date"
else
    echo "not ok 1 - docs/ops.md is out of date: make docs"
    exit 1
fi
