// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistakes on purpose, to see that each is reported
 *
 * A mistake is made by writing its name to the parameter "provoke". The module
 * takes edu for itself, because some of them need a device.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

#define BYTES	100

static struct pci_dev *edu;

static void lock_inversion(void)
{
	static DEFINE_MUTEX(one);
	static DEFINE_MUTEX(other);

	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);

	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
}

static void sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	kfree(kmalloc(BYTES, GFP_KERNEL));
	spin_unlock(&lock);
}

/* The compiler must not see what comes. */
static void overflow(u8 *memory, void (*release)(const void *))
{
	size_t bytes = BYTES;

	if (!memory)
		return;
	OPTIMIZER_HIDE_VAR(bytes);
	WRITE_ONCE(memory[bytes], 1);
	release(memory);
}

static noinline void slab_overflow(void)
{
	overflow(kmalloc(BYTES, GFP_KERNEL), kfree);
}

static noinline void vmalloc_overflow(void)
{
	overflow(vmalloc(BYTES), vfree);
}

static void use_after_free(void)
{
	u8 *memory = kmalloc(BYTES, GFP_KERNEL);

	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	WRITE_ONCE(memory[0], 1);
}

/* Ten times, as a stale register may still point to one. */
static noinline void leak(void)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		void *memory = kmalloc(BYTES, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(memory);
	}
}

static void refcount_saturation(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static void long_shift(void)
{
	int bits = 40, value = 1;

	OPTIMIZER_HIDE_VAR(bits);
	value <<= bits;
	OPTIMIZER_HIDE_VAR(value);
}

static void nothing(struct timer_list *timer)
{
}

static void active_timer_freed(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, nothing, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
}

static void unmap_unmapped(void)
{
	dma_unmap_single(&edu->dev, 0x123000, BYTES, DMA_TO_DEVICE);
}

static void map_unchecked(void)
{
	void *memory = kmalloc(BYTES, GFP_KERNEL);
	dma_addr_t addr;

	if (!memory)
		return;
	addr = dma_map_single(&edu->dev, memory, BYTES, DMA_TO_DEVICE);
	dma_unmap_single(&edu->dev, addr, BYTES, DMA_TO_DEVICE);
	kfree(memory);
}

/* Shows when the module is unloaded. */
static void stay_mapped(void)
{
	static u8 memory[BYTES] __aligned(PAGE_SIZE);
	dma_addr_t addr;

	addr = dma_map_page(&edu->dev, vmalloc_to_page(memory), 0, BYTES, DMA_TO_DEVICE);
	if (dma_mapping_error(&edu->dev, addr))
		pr_err("could not be mapped\n");
}

/* edu takes accesses of four bytes or more. */
static void wrong_access(void)
{
	void __iomem *regs = pci_iomap(edu, 0, 0);

	if (!regs)
		return;
	readb(regs);
	pci_iounmap(edu, regs);
}

static const struct {
	const char *name;
	void (*make)(void);
} mistakes[] = {
	{ "lock_inversion", lock_inversion },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "slab_overflow", slab_overflow },
	{ "vmalloc_overflow", vmalloc_overflow },
	{ "use_after_free", use_after_free },
	{ "leak", leak },
	{ "refcount_saturation", refcount_saturation },
	{ "long_shift", long_shift },
	{ "active_timer_freed", active_timer_freed },
	{ "unmap_unmapped", unmap_unmapped },
	{ "map_unchecked", map_unchecked },
	{ "stay_mapped", stay_mapped },
	{ "wrong_access", wrong_access },
};

static int provoke(const char *name, const struct kernel_param *kp)
{
	unsigned int i;

	if (!edu)
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (sysfs_streq(name, mistakes[i].name)) {
			mistakes[i].make();
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops provoke_ops = {
	.set = provoke,
};
module_param_cb(provoke, &provoke_ops, NULL, 0200);
MODULE_PARM_DESC(provoke, "The mistake to make");

static int detectors_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(28));
	if (ret)
		return ret;
	edu = pdev;
	return 0;
}

static void detectors_remove(struct pci_dev *pdev)
{
	edu = NULL;
}

static const struct pci_device_id detectors_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};

static struct pci_driver detectors_driver = {
	.name = "detectors",
	.id_table = detectors_ids,
	.probe = detectors_probe,
	.remove = detectors_remove,
};
module_pci_driver(detectors_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Mistakes on purpose");
