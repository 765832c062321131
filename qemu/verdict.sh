# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# qemu/run's verdict on a guest that has ended.

# What no healthy kernel logs
trouble='WARNING|BUG|Oops|Call Trace|KASAN|KCSAN|UBSAN|DMA-API: |Kernel panic'
trouble+='|general protection fault|unable to handle|refcount_t: |kmemleak: .*new suspected'
trouble+='|INFO: (task|rcu|lockdep|possible)|rcu.*stall|nobody cared|swiotlb buffer is full'
trouble+='|(circular|recursive) locking|inconsistent lock|lock held when|held lock freed'
trouble+='|DMAR: \[|bad unlock balance|suspicious RCU|sleeping function|scheduling while atomic'

# ... although it looks like it
harmless='DMA-API: (preallocated|debugging enabled)'
harmless+='|\] (Kernel c|C)ommand line: |RCU CPU stall warnings timeout set to'

fetch_results() {
	[ -s "$scratch/results.tar" ] || return 0
	if tar -tf "$scratch/results.tar" >/dev/null 2>&1; then
		tar -xf "$scratch/results.tar" -C "$logs" --strip-components=1 --no-same-owner
	else
		complain "the job's files arrived cut short: the guest died while it sent them"
	fi
}

# A warning and its stack become one line, so that they are expected together or not at
# all: no other trouble is excused by a stack that is
join_warnings() {
	trouble=$trouble awk '
		$0 ~ ENVIRON["trouble"] && !/Call Trace/ { inside = 0 }
		{ printf "%s%s", inside ? "\036" : "\n", $0 }
		/WARNING: (CPU|possible)/ { inside = 1 }
		/<\/TASK>/ { inside = 0 }
		END { print "" }'
}

split_warnings() {
	tr '\036' '\n'
}

# Prints the lines of the kernel's and QEMU's logs that tell of trouble; they stay
# in a file as well
find_trouble() {
	local regex allowed=$harmless
	for regex in "${expected[@]}"; do
		allowed+="|$regex"
	done
	tr -d '\r' <"$logs/console.log" | join_warnings | grep -vE "$allowed" | split_warnings |
		grep -E "$trouble" || true
	cat "$logs/kmemleak" 2>/dev/null || true
	grep -vE "$allowed" "$logs/qemu.log" || true
	grep 'EDU:' "$logs/qemu.out" 2>/dev/null || true
}

show() {
	sed 's/^/  | /' >&2
}

# The job has not come to its end: says why, as far as the logs tell
judge_guest() {
	local found=$1
	case $qemu_status in
	124 | 137) complain "no end after $timeout s (--timeout): the guest was stopped" ;;
	0) complain "the guest ended before its job did" ;;
	*) complain "QEMU ended with status $qemu_status:" && show <"$logs/qemu.out" ;;
	esac
	if [ -s "$logs/console.log" ]; then
		complain "the kernel's log ends so:"
		{
			grep -A 25 -m 1 -E "$trouble" "$logs/console.log" ||
				tail -n 10 "$logs/console.log"
		} | tr -d '\r' | show
	fi
	case $qemu_status in
	124 | 137) exit 124 ;;
	esac
	[ -z "$found" ] || exit 126
	exit 125
}

judge() {
	local found status
	found=$(find_trouble | tee "$logs/trouble")
	if [ ! -r "$logs/status" ]; then
		[ -z "$shell" ] || exit 0
		judge_guest "$found"
	fi
	status=$(<"$logs/status")
	if [ -n "$found" ]; then
		complain "trouble in the logs:"
		head -n 30 <<<"$found" | show
		[ "$status" != 0 ] || status=126
	fi
	exit "$status"
}
