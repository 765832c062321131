#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The device node is root's alone; with the rule that comes with the driver, it is a
# group's too. A guest with udev in it knows.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

udevd=$(PATH=$PATH:/lib/systemd:/usr/lib/systemd type -P systemd-udevd) || udevd=''
check "there is udev" test -n "$udevd"

# The node as it is, and who can open it: there is nothing to read then, which is another
# error than none to be let in.
# shellcheck disable=SC2016 # the guest's variable
look='
stat -c "node %a %U:%G" /dev/edudma0
for user in member stranger; do
	su $user -c "cat /dev/edudma0" 2>&1 | grep -q Invalid && echo "$user opens it" || true
done'
job="
printf '%s\n' member:x:1000:65534::/:/bin/sh stranger:x:1001:65534::/:/bin/sh >>/etc/passwd
echo edudma:x:990:member >>/etc/group
insmod /lib/modules/edudma.ko
$look
rmmod edudma
mkdir -p /etc/udev/rules.d /run/udev
cat >/etc/udev/rules.d/60-edudma.rules <<'END'
$(cat "$top/driver/60-edudma.rules")
END
systemd-udevd --daemon 2>/dev/null
insmod /lib/modules/edudma.ko
udevadm settle
$look
udevadm control --exit"

begins guest
status=0
"$top/qemu/run" --quiet "${virtual[@]}" --no-driver --program "$udevd" \
	--program "$(type -P udevadm)" --out "$out/guest" -- sh -ec "$job" >"$out/output" 2>&1 || status=$?
result "$status" "the guest ends well" "$(<"$out/output")"
check "without the rule, the node is root's alone" \
	test "$(sed -n 1p "$out/output")" = "node 600 root:root"
check "with it, the group's too: a member opens it, a stranger does not" \
	test "$(sed 1d "$out/output")" = "node 660 root:edudma"$'\n'"member opens it"
promise device-node 2 $((failures ? 0 : 2))
[ $failures = 0 ] || diag <"$out/output"
finish
