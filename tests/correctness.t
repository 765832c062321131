#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# One user at a time, on the machine that everybody has.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

# Debian's kernel clears all memory by itself, unless it is told not to.
guest one-user "${virtual[@]}" --append init_on_alloc=0 -- calls requests limits buffers \
	mmap ownership transfer queue ring observe unprivileged 'edudma test --ktap' copy load
finish
