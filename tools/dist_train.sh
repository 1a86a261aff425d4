#!/usr/bin/env bash
# Train in several processes: one per GPU, or on the CPU where there is no GPU.
#   [NNODES=1 NODE_RANK=0 MASTER_ADDR=127.0.0.1 PORT=29500 PYTHON=python] dist_train.sh CONFIG GPUS [ARGUMENTS OF train.py]
set -euo pipefail
if [ $# -lt 2 ]; then sed -n '2,3s/^# *//p' "$0" >&2; exit 2; fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
exec "${PYTHON:-python}" -m torch.distributed.run \
    --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" --nproc_per_node="$2" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" \
    "$root/tools/train.py" "$1" --launcher pytorch "${@:3}"
