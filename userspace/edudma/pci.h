/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCI function behind a device, as lspci would show it */
#ifndef EDUDMA_PCI_H
#define EDUDMA_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <edudma.h>

/**
 * struct pci_function - what libpci knows of it
 * @slot: "0000:00:03.0"
 * @name: vendor and device by name; empty without pci.ids
 * @driver: the kernel driver that has it; empty: none
 * @vendor: vendor id
 * @device: device id
 * @bus_master: it may start DMA
 * @msi_known: whether the next two could be read, which takes root
 * @msi_enabled: MSI is in use
 * @msix_enabled: MSI-X is in use
 */
struct pci_function {
	char slot[24];
	char name[128];
	char driver[32];
	uint16_t vendor;
	uint16_t device;
	bool bus_master;
	bool msi_known;
	bool msi_enabled;
	bool msix_enabled;
};

/* "0000:00:03.0", the way lspci writes it */
void pci_slot(const struct edudma_info *info, char slot[24]);

/* False if there is no such function, or PCI cannot be read here */
bool pci_find(const struct edudma_info *info, struct pci_function *function);

#endif /* EDUDMA_PCI_H */
