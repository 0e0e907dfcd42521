#!/bin/sh
# Rewrites the locks from pyproject.toml, and the peers' of the benchmark; needs uv. Hashes only: no lock names an index.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --custom-compile-command "requirements/lock.sh" "$@"; }
compile pyproject.toml -o requirements/run.txt
compile pyproject.toml --group embedded -c requirements/run.txt -o requirements/embedded.txt
compile pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
compile bench/peers/requirements.in -o bench/peers/requirements.txt
compile bench/peers/mailman-builders.in -o bench/peers/mailman-builders.txt
# Not for every Python: from 3.13 on Mailman needs an nntplib that nobody publishes. Asked for all of them, uv goes back
# to older releases of Mailman, whose archives it refuses for the colons in their file names.
compile --no-universal --python-platform linux bench/peers/mailman-requirements.in -o bench/peers/mailman-requirements.txt
