// SPDX-License-Identifier: GPL-2.0-only
#include "pci.h"

#include <pci/pci.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* libpci's errors do not return, and by default end the program */
static jmp_buf pci_failed;

static void __attribute__((noreturn)) on_error(char *message, ...)
{
	(void)message;
	longjmp(pci_failed, 1);
}

static void on_warning(char *message, ...)
{
	(void)message;
}

void pci_slot(const struct edudma_info *info, char slot[24])
{
	snprintf(slot, 24, "%04x:%02x:%02x.%u", info->pci_domain, info->pci_bus,
		 (info->pci_devfn >> 3) & 0x1f, info->pci_devfn & 7);
}

/* MSI and MSI-X keep their flags at the same place */
static bool is_enabled(struct pci_dev *dev, const struct pci_cap *cap, int enable)
{
	return cap && pci_read_word(dev, (int)cap->addr + PCI_MSI_FLAGS) & enable;
}

static void describe(struct pci_access *access, struct pci_dev *dev,
		     struct pci_function *function)
{
	int known = pci_fill_info(dev, PCI_FILL_IDENT | PCI_FILL_CAPS | PCI_FILL_DRIVER);
	struct pci_cap *msi = pci_find_cap(dev, PCI_CAP_ID_MSI, PCI_CAP_NORMAL);
	struct pci_cap *msix = pci_find_cap(dev, PCI_CAP_ID_MSIX, PCI_CAP_NORMAL);
	const char *driver = NULL;

	if (known & PCI_FILL_DRIVER)
		driver = pci_get_string_property(dev, PCI_FILL_DRIVER);
	if (driver)
		snprintf(function->driver, sizeof(function->driver), "%s", driver);
	function->vendor = dev->vendor_id;
	function->device = dev->device_id;
	if (!pci_lookup_name(access, function->name, sizeof(function->name),
			     PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS,
			     dev->vendor_id, dev->device_id))
		*function->name = '\0';
	function->bus_master = pci_read_word(dev, PCI_COMMAND) & PCI_COMMAND_MASTER;
	function->msi_known = msi || msix;
	function->msi_enabled = is_enabled(dev, msi, PCI_MSI_FLAGS_ENABLE);
	function->msix_enabled = is_enabled(dev, msix, PCI_MSIX_ENABLE);
}

bool pci_find(const struct edudma_info *info, struct pci_function *function)
{
	struct pci_access *access = pci_alloc();
	struct pci_dev *dev;
	bool found = false;

	*function = (struct pci_function){ 0 };
	pci_slot(info, function->slot);
	if (!access)
		return false;
	access->error = on_error;
	access->warning = on_warning;
	if (setjmp(pci_failed))
		return false;
	pci_init(access);
	dev = pci_get_dev(access, (int)info->pci_domain, (int)info->pci_bus,
			  (info->pci_devfn >> 3) & 0x1f, info->pci_devfn & 7);
	/* sysfs answers with ones where there is no function */
	if (pci_read_word(dev, PCI_VENDOR_ID) != 0xffff) {
		describe(access, dev, function);
		found = true;
	}
	pci_free_dev(dev);
	pci_cleanup(access);
	return found;
}
