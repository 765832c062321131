/* SPDX-License-Identifier: GPL-2.0-only */
/* Where this runs, which a measurement is worth little without */
#ifndef EDUDMA_ENVIRONMENT_H
#define EDUDMA_ENVIRONMENT_H

#include <stdbool.h>

/**
 * struct environment - what measures and what is measured
 * @kernel: release
 * @qemu: version, "unknown" unless EDUDMA_QEMU says it
 * @machine: machine type, from EDUDMA_MACHINE or SMBIOS
 * @accel: "tcg" or "kvm", from EDUDMA_ACCEL
 * @clock: "virtual" or "real", from EDUDMA_CLOCK
 */
struct environment {
	char kernel[128];
	char qemu[128];
	char machine[128];
	char accel[16];
	char clock[16];
};

void environment_read(struct environment *environment);

/* Time stands still while the CPU does, and an instruction takes a fixed time */
bool clock_is_virtual(const struct environment *environment);

#endif /* EDUDMA_ENVIRONMENT_H */
