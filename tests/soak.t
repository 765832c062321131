#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# 16 processes, each byte compared: a minute of edu's time, which is short on the
# virtual clock, and some seconds of edu-sg with two processors.
set -euo pipefail

usage() {
	cat <<'END'
usage: tests/soak.t [--seconds N] [--seed N]

  --seconds N   of the guest's time, with each device (60 and 10)
  --seed N      what is random depends on it (1)
  --help        this text

`make soak` runs it for 10 minutes, or with SECONDS=N, SEED=N.
END
}

# shellcheck source=tests/options.sh
source "$(dirname "$0")/options.sh"
edu=${seconds:-60} edu_sg=${seconds:-10} seed=${seed:-1}

# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
# Slow enough that something is always under way when somebody gives up, which takes the
# debug kernel its time
latency=200000
! on_debug_kernel || latency=100000000
slow="edu-sg,timing=model,latency-ns=$latency"
follow edu
guest edu "${virtual[@]}" --timeout $((10 * edu + 1200)) -- "soak --seed $seed --seconds $edu"
follow edu-sg
guest edu-sg "${real[@]}" --timeout $((10 * edu_sg + 1200)) --memory 1024 \
	--qemu "$device_qemu" --device "$slow" -- "soak --seed $seed --seconds $edu_sg"
finish
