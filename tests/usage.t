#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What people type: a command explains itself, and refuses what makes no sense.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

edudma=$build/userspace/edudma

# helps COMMAND...: --help says how it is called, and that is all that happens
helps() {
	local status=0
	"$@" --help >"$out/output" 2>"$out/errors" </dev/null || status=$?
	check "${*##*/} --help" test "$status" -eq 0 -a ! -s "$out/errors"
	check "... says how it is called" grep -qi '^usage: ' "$out/output"
}

offers() {
	check "... and offers $1" grep -q -e " $1 " "$out/output"
}

helps "$edudma"
for subcommand in info copy report answer; do
	helps "$edudma" "$subcommand"
done
for subcommand in test bench; do
	helps "$edudma" "$subcommand"
	for option in --methods --directions --sizes; do
		offers "$option"
	done
done
finish
