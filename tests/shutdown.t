#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The machine goes down while transfers run, files are open and buffers mapped: the
# driver stops the device first, and nobody waits for ever.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# The guest's shell waits for this: a host may be too busy for any number of seconds.
at_work='until grep -q "^submitted [1-9]" /sys/kernel/debug/edudma/edudma0/counters; do sleep 1; done; sleep 3'

# goes_down TITLE COMMAND LAST-WORDS WORK [qemu/run OPTION]...: the guest ends by its own
# hand, at work
goes_down() {
	local title=$1 command=$2 words=$3 work=$4 status=0
	begins "$title"
	"$top/qemu/run" --quiet "${real[@]}" "${@:5}" --out "$out/$title" -- \
		sh -c "($work) >/dev/null 2>&1 & $at_work; $command -f; sleep 600" \
		>"$out/output" 2>&1 || status=$?
	diag <"$out/output"
	# 125: the guest did not come to the end of its job, and there is no other trouble
	result $((status != 125)) "$title: the guest goes down" "$(<"$out/output")"
	check "$title: by itself" grep -q "$words" "$out/$title/console.log"
}

guests 9
goes_down poweroff poweroff 'reboot: Power down' 'edudma bench & edudma test'
goes_down reboot reboot 'reboot: Restarting system' 'edudma bench & edudma test'
# The last device is shut down first. While the others end their commands, it is unbound.
# shellcheck disable=SC2016 # the guest expands these
goes_down unbound reboot 'reboot: Restarting system' '
	last=$(basename "$(readlink /sys/class/edudma/edudma3/device)")
	for n in 0 1 2; do edudma --device $n bench & done
	edudma --device 3 bench
	echo "$last" >/sys/bus/pci/drivers/edudma/unbind
	echo "unbound $last" >/dev/kmsg' --device edu --device edu --device edu --device edu
promise shutdown $((results / 2)) $(((results - failures) / 2))

# The kernel comes back, a twentieth of EDUDMA_CYCLES times, by itself or by way of the firmware.
find_device_qemu
# shellcheck source=/dev/null
source "$build/kernel.env"
comes_back() { # guest|variant TITLE [qemu/run OPTION]...
	local boot=$1
	shift
	# To load a kernel means to hash it, which takes long by the virtual clock; and to find
	# room for it beside the one that runs, which is more than edu reaches.
	$boot "$1-kexec" "${virtual[@]}" "${@:2}" --no-driver --file "$KERNEL_PACKED" \
		--memory 512 --append watchdog_thresh=60 -- \
		"again kexec $(basename "$KERNEL_PACKED") dma_bits=32"
	$boot "$1-reboot" "${virtual[@]}" "${@:2}" --no-driver --reboot -- 'again reboot'
}

# The debug kernel takes minutes to hash a kernel, and comes back as the other does.
first=guest
! on_debug_kernel || first=variant
comes_back $first edu --device edu,dma_mask=0xffffffff
comes_back variant edu-pc --machine pc --device edu,dma_mask=0xffffffff
comes_back $first edu-sg --qemu "$device_qemu" \
	--device edu-sg,channels=1,timing=model,latency-ns=200000000
finish
