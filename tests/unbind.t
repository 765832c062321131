#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The device goes away under everybody's feet, with two processors and real time.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/lib.sh"

guests 3
guest unbind "${real[@]}" -- unbind
# Without interrupts it is the driver's end of things that ends a transfer.
variant unbind-poll "${real[@]}" --params irq=poll -- 'KTAP_ONLY=unbind_in_flight unbind'
guest devices "${real[@]}" --device edu --device edu -- devices
finish
