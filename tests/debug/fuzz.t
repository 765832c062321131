#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Random and hostile use of the driver, watched by the debug kernel: of edu on the
# virtual clock, which repeats a seed exactly, and of edu-sg with two processors.
# That a seed repeats is shown by its beginning.
set -euo pipefail

usage() {
	cat <<'END'
usage: tests/debug/fuzz.t [--seconds N] [--seed N]

  --seconds N   how long, half of it each device (30)
  --seed N      what is random depends on it (the time)
  --help        this text

`make fuzz` runs it for 10 minutes, or with SECONDS=N, SEED=N, on the debug kernel.
END
}

# shellcheck source=tests/options.sh
source "$(dirname "$0")/../options.sh"
seconds=${seconds:-30} seed=${seed:-$(date +%s)}

# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

# The quota leaves memory for several threads and children.
random_use=(--timeout $((10 * seconds + 1200)) --params quota_mb=2 --
	"fuzz --seed $seed --seconds $(((seconds + 1) / 2))")
find_device_qemu
follow edu
guest edu "${virtual[@]}" "${random_use[@]}"
for again in one two; do
	guest "begin-$again" "${virtual[@]}" --params quota_mb=2 -- "fuzz --seed $seed --seconds 1"
done
check "a seed repeats exactly" cmp "$out"/begin-{one,two}/output
follow edu-sg
guest edu-sg "${real[@]}" --qemu "$device_qemu" --device edu-sg,timing=model,latency-ns=200000,channels=32 "${random_use[@]}"
finish
