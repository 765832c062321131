#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The two tables of operations hold: kinds of memory and an engine that only
# tests know work without a line in the request path.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

guest test-driver "${virtual[@]}" --test-driver --device edu --device pci-testdev \
	--device pcie-root-port,id=rp,chassis=1 --device pci-testdev,bus=rp -- \
	tables ownership transfer queue 'edudma test --ktap --quick' \
	'EDUDMA_DEVICE=/dev/edudma1 transfer' 'EDUDMA_DEVICE=/dev/edudma1 ownership' hung
finish
