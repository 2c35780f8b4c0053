#!/bin/sh
# presync for another repository: installs itself beside this file once, by hash, and checks the current folder.
set -eu
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# git sets these for hooks; they would send git commands in the clone of presync to the wrong repository.
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
make -s -C "$home" .venv/.run
exec "$home/.venv/bin/presync" check "$@"
