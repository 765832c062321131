#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# edu-sg against its specification, over QEMU's qtest protocol.
exec "$(dirname "$0")/run" device "$@"
