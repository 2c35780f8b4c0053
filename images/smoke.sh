#!/bin/sh
# Proves that a built image works the way its pods run it: as its own user, without privileges, on a read-only file
# system with nothing but /tmp, and without a network.
#     images/smoke.sh airflow|feast IMAGE
set -eu
if [ $# -ne 2 ]; then
  echo "usage: $0 airflow|feast IMAGE" >&2
  exit 2
fi
name="$1" image="$2"
folder="$(cd "$(dirname "$0")" && pwd)/smoke"
if [ ! -f "$folder/check_$name.py" ]; then
  echo "$0: there is no check for \"$name\"" >&2
  exit 2
fi
exec docker run --rm --init=false \
  --read-only --tmpfs /tmp:rw,nosuid,nodev,size=512m,mode=1777 \
  --network none --cap-drop ALL --security-opt no-new-privileges \
  --memory 3g --pids-limit 512 \
  --mount "type=bind,source=$folder,target=/smoke,readonly" \
  "$image" python "/smoke/check_$name.py"
