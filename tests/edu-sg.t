#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The same driver on our own device, in real time: its other engine.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

find_device_qemu
guest edu-sg "${real[@]}" --memory 1024 --qemu "$device_qemu" --device edu-sg -- \
	'edudma test --ktap' calls limits buffers mmap ownership uring ring load
# On-board memory as small as edu's: the same rules, but fewer commands.
guest small "${virtual[@]}" --memory 1024 --qemu "$device_qemu" \
	--device edu-sg,timing=model,channels=1,mem-size=4K -- requests transfer
finish
