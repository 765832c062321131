# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# qemu/run's way from checked options to a guest that has ended. The guest has
# three serial ports: the kernel's console, the job's output or terminal, and
# one on which the job's files leave as a tar archive. With --monitor it has a
# fourth, to QEMU.

qemu_pid='' tail_pid=''
# An initramfs with all programs of the tests, and what the job leaves
needed_mb=100

make_directories() {
	local parent=${TMPDIR:-/tmp}
	[[ $parent$out != *[,%]* ]] ||
		die "QEMU takes no , and no % in a path: set TMPDIR= (--out) to another directory"
	[ -d "$parent" ] || die "TMPDIR=$parent: no such directory"
	need_room "$parent" $needed_mb TMPDIR
	need_room "$build" 64 BUILD
	scratch=$(mktemp -d "$parent/edudma.XXXXXX") || exit 125
	logs=${out:-$scratch/logs}
	mkdir -p "$logs"
	logs=$(realpath "$logs")
	rm -f "$logs"/{console.log,output.log,qemu.log,qemu.out,status,dmesg,kmemleak,trouble}
	touch "$logs"/{console.log,output.log,qemu.log,qemu.out}
}

# Runs on every way out, so that no QEMU outlives its qemu/run
clean_up() {
	local status=$? kept=$build/results/failed-$$
	trap - EXIT INT TERM HUP
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
	[ -z "$tail_pid" ] || kill "$tail_pid" 2>/dev/null || true
	wait
	if [ $status != 0 ] && [ -z "$out" ] && [ -s "$logs/console.log" ]; then
		mkdir -p "$build/results"
		rm -rf "$kept"
		mv "$logs" "$kept"
		complain "the logs are in $kept"
	fi
	rm -rf "$scratch"
	exit $status
}

find_parts() {
	[ -r "$build/kernel.env" ] ||
		die "no guest kernel yet: 'make build' fetches one and builds the rest"
	# shellcheck source=/dev/null
	source "$build/kernel.env"
	qemu=$(BUILD=$build "$here/binary" "$qemu") || exit 125
	module=$build/driver-$KERNEL_RELEASE$variant/edudma.ko
	if [ ! -r "$module" ]; then
		[ -z "$load" ] || die "no driver $module: 'make build' builds it"
		module=''
	fi
	base=$(BUILD=$build "$here/guest/initramfs") || die "no initramfs"
	if [ "$accel" = auto ]; then
		accel=$(BUILD=$build "$here/accel" "$qemu" "$KERNEL_IMAGE" "$clock") ||
			die "no accelerator"
	fi
	if [ "$accel" = kvm ] && [ "$clock" = virtual ]; then
		die "the virtual clock needs TCG: use CLOCK=real (--clock real) with KVM"
	fi
}

# Prints its arguments as words that a POSIX shell reads back unchanged
quote() {
	local word
	for word; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
	echo
}

job_environment() {
	local version name
	version=$("$qemu" --version | sed -n '1s/^QEMU emulator version //p')
	EDUDMA_QEMU=${version:-unknown}
	EDUDMA_MACHINE=$machine
	EDUDMA_ACCEL=$accel
	EDUDMA_CLOCK=$clock
	EDUDMA_MEMORY=$memory
	EDUDMA_SMP=$smp
	EDUDMA_IOMMU=$iommu
	export "${!EDUDMA_@}"
	for name in "${!EDUDMA_@}"; do
		echo "export $name=$(quote "${!name}")"
	done
}

add_modules() { # ROOT
	local dir=$1/lib/modules/$KERNEL_RELEASE name
	mkdir -p "$dir"
	if [ -n "$module" ]; then
		strip --strip-debug -o "$dir/edudma.ko" "$module"
		ln -s "$KERNEL_RELEASE/edudma.ko" "$1/lib/modules/edudma.ko"
	fi
	for name in "${modules[@]}"; do
		BUILD=$build "$here/guest/modules" "$name" "$dir" ||
			die "Linux $KERNEL_RELEASE has no module '$name'; another may: make ... KERNEL_VERSION=6.12"
	done
	# lspci wants to know what modules there are
	touch "$dir"/modules.{order,builtin,builtin.modinfo}
	depmod -b "$1" "$KERNEL_RELEASE"
}

# The job goes into an archive of its own, so that a new job costs nothing
pack_job() {
	local root=$scratch/root
	mkdir -p "$root/job"
	{
		job_environment
		echo "load=$load"
		echo "params=$(quote "$params")"
		echo "modules=$(quote "${modules[*]}")"
		if [ -n "$shell" ]; then
			echo "terminal=$(quote "${TERM:-linux}")"
			echo "size=$(quote "$(stty size 2>/dev/null || echo 24 80)")"
		fi
	} >"$root/job/settings"
	[ -n "$shell" ] || quote "${command[@]}" >"$root/job/command"
	add_modules "$root"
	[ ${#programs[@]} = 0 ] || add_programs "$root" "${programs[@]}"
	if [ ${#files[@]} != 0 ]; then
		mkdir "$root/root"
		cp -L "${files[@]}" "$root/root"
	fi
	"$here/guest/pack" "$root" | cat "$base" - >"$scratch/initramfs"
}

qemu_command() {
	local device drive object words record
	words="console=ttyS0 ignore_loglevel panic=-1 oops=panic cryptomgr.notests"
	qemu_words=("$qemu" -nodefaults -no-user-config -display none
		-machine "$machine" -smp "$smp" -m "$memory"
		-kernel "$KERNEL_IMAGE" -initrd "$scratch/initramfs"
		-serial "file:$logs/console.log"
		-d guest_errors -D "$logs/qemu.log")
	# no -no-shutdown, and a panic reboots at once: every guest comes to an end
	[ -n "$reboot" ] || qemu_words+=(-no-reboot)
	if [ -n "$shell" ]; then
		qemu_words+=(-chardev stdio,id=job,mux=on,signal=off -mon job)
	else
		qemu_words+=(-chardev "file,id=job,append=on,path=$logs/output.log")
	fi
	qemu_words+=(-serial chardev:job -serial "file:$scratch/results.tar")
	if [ -n "$monitor" ]; then
		# QEMU listens on a socket and calls itself
		qemu_words+=(-chardev "socket,id=guest,path=$scratch/qmp,server=on,wait=off"
			-chardev "socket,id=monitor,path=$scratch/qmp"
			-serial chardev:guest -mon chardev=monitor,mode=control)
		# Slots as PCI Express has them, not ACPI's
		[ "$machine" != q35 ] ||
			qemu_words+=(-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off)
	fi
	case $accel in
	kvm) qemu_words+=(-accel kvm -cpu host) ;;
	tcg) qemu_words+=(-accel tcg) ;;
	esac
	if [ "$clock" = virtual ]; then
		# Recording keeps QEMU's main loop out while the guest runs: else, on a busy
		# host, it may skip time before the guest's last instructions are counted.
		# It would keep out a monitor's commands and a reboot as well.
		[ -n "$monitor$reboot" ] || record=,rr=record,rrfile=/dev/null
		# The seed is for what QEMU tosses for the guest.
		qemu_words+=(-icount "shift=3,sleep=off${record:-}"
			-rtc base=2024-01-01T00:00:00,clock=vm -seed 1)
	else
		# A busy host stops a virtual processor for longer than Linux believes: the timer
		# is late, and watchdogs bark after 20 s. As for hung tasks, 120 s are a lockup.
		words+=" no_timer_check watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
		words+=" workqueue.watchdog_thresh=120"
	fi
	case $iommu in
	intel)
		qemu_words+=(-device intel-iommu)
		words+=" intel_iommu=on"
		;;
	virtio) qemu_words+=(-device virtio-iommu-pci) ;;
	esac
	for object in "${objects[@]}"; do
		qemu_words+=(-object "$object")
	done
	for drive in "${drives[@]}"; do
		qemu_words+=(-drive "$drive")
	done
	for device in "${devices[@]-${DEVICE:-edu}}"; do
		[ "$device" = none ] || qemu_words+=(-device "$device")
	done
	qemu_words+=(-append "$words$append")
	[ -z "${VERBOSE:-}" ] || quote "${qemu_words[@]}" >&2
}

boot() {
	local clock_name="the host's clock"
	[ "$clock" = real ] || clock_name="a virtual clock"
	qemu_command
	say "  BOOT    Linux $KERNEL_RELEASE on $machine, ${accel^^}, $memory MiB, $clock_name"
	ulimit -c 0
	qemu_status=0
	if [ -n "$shell" ]; then
		say "          Ctrl-A X ends the guest, Ctrl-A C is QEMU's monitor"
		"${qemu_words[@]}" || qemu_status=$?
		return
	fi
	# if qemu/run is killed outright, timeout gets a signal and passes it on
	setpriv --pdeathsig TERM timeout --kill-after=5 "$timeout" "${qemu_words[@]}" \
		</dev/null >"$logs/qemu.out" 2>&1 &
	qemu_pid=$!
	tail --quiet --lines=+1 --follow --sleep-interval=0.1 --pid=$qemu_pid \
		"$logs/output.log" &
	tail_pid=$!
	wait "$qemu_pid" || qemu_status=$?
	qemu_pid=''
	wait "$tail_pid" || true
	tail_pid=''
}
