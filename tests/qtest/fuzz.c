// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and hostile use of edu-sg: QEMU must not die of it
 *
 * QTEST_QEMU_BINARY=<program> [SEED=n] [SECONDS=n] fuzz
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "edu-sg.h"

#define CHANNELS	3
#define RING		16
#define SLICE_NS	5000000000ULL

static const struct {
	const char *machine;
	const char *device;
} setups[] = {
	{ "q35", "edu-sg,channels=3,mem-size=64K" },
	{ "q35", "edu-sg,channels=3,mem-size=64K,inline-bytes=0" },
	{ "q35", "edu-sg,channels=3,mem-size=4K,inline-bytes=300,vectors=2,dma-bits=32" },
	{ "q35", "edu-sg,channels=3,timing=model,latency-ns=100" },
	{ "pc", "edu-sg,channels=3,mem-size=1M,vectors=0" },
	{ "pc", "edu-sg,channels=3,mem-size=1M,vectors=0,msi=off,inline-bytes=4K" },
	{ "iommu", "edu-sg,channels=3,mem-size=64K" },
};

static struct dut dut;
static uint64_t random_state;
/* Completions seen, by status: shows how deep the hostility reaches */
static unsigned int seen[EDU_SG_DEVICE_FAILED + 1];

/* xorshift64*: the same numbers for the same seed, everywhere */
static uint64_t random_number(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 2685821657736338717ULL;
}

static uint64_t below(uint64_t limit)
{
	return (random_number() >> 16) % limit;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

static uint64_t random_value(void)
{
	static const uint64_t favourites[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 32, 63, 64, 100, 255, 4095, 4096, 4097,
		65535, 65536, 0x40000, 0x40fff, 1 << 30, (1 << 30) + 1, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 1ULL << 63, UINT64_MAX, UINT64_MAX - 63,
	};

	switch (below(4)) {
	case 0: return random_number();
	case 1: return random_number() >> below(64);
	default: return favourites[below(sizeof(favourites) / sizeof(favourites[0]))];
	}
}

static uint64_t random_address(void)
{
	static const uint64_t places[] = {
		0, MESSAGES, RINGS, LISTS, SOURCE, DESTINATION, 256 << 20, NOWHERE, ROM,
		0xa0000, 0xfffc0000, 0xfee00000, 0xfec00000, BAR, BAR + EDU_SG_CHANNELS,
		MSIX_BAR, 0xfed00000, 1ULL << 32, UINT64_MAX - 4095,
	};

	if (one_in(20))
		return random_value();
	if (one_in(3))
		return places[below(sizeof(places) / sizeof(places[0]))] + below(8192) - 4096;
	return SOURCE + below(16 << 20);
}

static uint64_t random_length(void)
{
	return one_in(30) ? random_value() : 1 + (below(1 << 20) >> below(20));
}

/* Lists of lists, some of them broken, some of them circles */
static void write_list(void)
{
	struct edu_sg_segment segments[8];
	unsigned int i, n = 1 + below(8);

	for (i = 0; i < n; i++) {
		segments[i].address = random_address();
		segments[i].length = random_length();
		segments[i].flags = 0;
		if (one_in(6)) {
			segments[i].address = LISTS + 128 * below(64) + (one_in(20) ? 8 : 0);
			segments[i].length = below(12);
			segments[i].flags = EDU_SG_SEGMENT_LINK;
		}
		if (one_in(100))
			segments[i].flags = random_value();
	}
	vm_write_memory(dut.vm, LISTS + 128 * below(64), segments, n * sizeof(segments[0]));
}

static void choose_side(uint64_t *address, uint32_t *count, uint32_t *skip)
{
	*address = random_address();
	if (one_in(2)) {
		*address = one_in(20) ? random_address() & ~15ULL : LISTS + 128 * below(64);
		*count = one_in(20) ? random_value() : below(12);
		*skip = one_in(3) ? below(5000) : 0;
	}
}

static void put_request(unsigned int ch)
{
	struct edu_sg_request req = {
		.opcode = one_in(50) ? random_value() : 1 + below(4),
		.flags = one_in(50) ? random_value() : below(2),
		.id = random_number(),
		.length = random_length(),
	};

	if (req.opcode != EDU_SG_COPY)
		req.device_offset = one_in(30) ? random_value() : below(65536);
	if (req.opcode == EDU_SG_TO_DEVICE || req.opcode == EDU_SG_COPY || one_in(50))
		choose_side(&req.source, &req.source_count, &req.source_skip);
	if (req.opcode == EDU_SG_FROM_DEVICE || req.opcode == EDU_SG_COPY || one_in(50))
		choose_side(&req.destination, &req.destination_count, &req.destination_skip);
	if (one_in(100))
		req.reserved4 = random_value();
	ch_put(&dut, ch, &req);
}

static void look_back(unsigned int ch, unsigned int n)
{
	struct edu_sg_completion entry;

	while (n--)
		if (ch_look(&dut, ch, dut.submitted[ch] - 1 - n, &entry) &&
		    entry.status <= EDU_SG_DEVICE_FAILED)
			seen[entry.status]++;
}

static void submit(unsigned int ch)
{
	unsigned int i, n = 1 + below(RING);

	if (!dut.size[ch] || ch_read(&dut, ch, EDU_SG_STATE) != EDU_SG_RUNNING) {
		ch_reset(&dut, ch);
		ch_enable(&dut, ch, 2 << below(4));
	}
	if (n > dut.size[ch])
		n = dut.size[ch];
	for (i = 0; i < n; i++)
		put_request(ch);
	if (one_in(30))
		ch_write(&dut, ch, EDU_SG_TAIL, random_value());
	else
		ch_ring(&dut, ch);
	look_back(ch, n);
}

static void poke_register(void)
{
	static const unsigned int sizes[] = { 4, 4, 4, 8, 1, 2 };
	unsigned int size = sizes[below(6)];
	uint64_t reg;

	switch (below(4)) {
	case 0: reg = below(0x220); break;
	case 1: reg = below(1 << 20); break;
	default: reg = EDU_SG_CHANNEL(below(CHANNELS + 1)) + below(0x50); break;
	}
	if (!one_in(8))
		reg &= ~(uint64_t)(size - 1);
	if (reg + size > 1 << 20)
		return;
	if (one_in(2))
		vm_read(dut.vm, BAR + reg, size);
	else
		vm_write(dut.vm, BAR + reg, size, one_in(3) ? random_address() : random_value());
}

/* Whatever the guest may do to PCI configuration, but keep BARs in place. */
static void poke_config(void)
{
	unsigned int offset = 4 * below(64);

	vm_config_write(dut.vm, offset, one_in(2) ? random_value() : ~0U << below(32));
	dut_switch_on(&dut);
}

static void edu_command(void)
{
	vm_write(dut.vm, BAR + EDU_DMA_SOURCE, 8, one_in(2) ? EDU_WINDOW + below(5000) : random_address());
	vm_write(dut.vm, BAR + EDU_DMA_DESTINATION, 8,
		 one_in(2) ? EDU_WINDOW + below(5000) : random_address());
	vm_write(dut.vm, BAR + EDU_DMA_COUNT, 8, one_in(10) ? random_value() : below(5000));
	dut_write(&dut, EDU_DMA_COMMAND, below(8));
	vm_step(dut.vm, 100000000);
}

static void set_fault(void)
{
	static const char *const faults[] = {
		"fault-fail", "fault-stall", "fault-phase", "fault-irq",
	};

	vm_set(dut.vm, faults[below(4)], below(4));
}

static void poke_msix(void)
{
	uint64_t targets[] = { BAR + EDU_IRQ_RAISE, BAR + EDU_SG_RESET,
			       BAR + EDU_SG_CHANNEL(0) + EDU_SG_TAIL, MSIX_BAR + 16,
			       random_address() & ~3ULL };

	vm_write(dut.vm, MSIX_BAR + 16 * below(4), 8, targets[below(5)]);
	vm_write(dut.vm, MSIX_BAR + 16 * below(4) + 8, 4, random_value());
	vm_write(dut.vm, MSIX_BAR + 16 * below(4) + 12, 4, below(2));
}

static void act(void)
{
	unsigned int ch = below(CHANNELS);

	switch (below(40)) {
	case 0: ch_reset(&dut, ch); break;
	case 1: dut_write(&dut, EDU_SG_RESET, 1); break;
	case 2: poke_config(); break;
	case 3: edu_command(); break;
	case 4: set_fault(); break;
	case 5: poke_msix(); break;
	case 6: vm_step(dut.vm, below(100000)); break;
	case 7: ch_write(&dut, ch, EDU_SG_ABORT, dut.submitted[ch] - below(20)); break;
	case 8: dut_set_master(&dut, one_in(2)); break;
	case 9: ch_write(&dut, ch, EDU_SG_COUNT, below(4)); break;
	case 10: ch_write(&dut, ch, EDU_SG_TIME, below(4000)); break;
	case 11: vm_monitor(dut.vm, "{'execute':'%s'}", one_in(3) ? "stop" : "cont"); break;
	case 12 ... 15: write_list(); break;
	case 16 ... 25: poke_register(); break;
	default: submit(ch); break;
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	uint64_t seed = number_from("SEED", wall_ns());
	uint64_t end = wall_ns() + number_from("SECONDS", 60) * 1000000000ULL;
	unsigned int n, actions = 0;

	setlinebuf(stdout);
	printf("# SEED=%" PRIu64 "\n", seed);
	for (n = 0; n < sizeof(setups) / sizeof(setups[0]) || wall_ns() < end; n++) {
		unsigned int k = n % (sizeof(setups) / sizeof(setups[0]));
		uint64_t left = end > wall_ns() ? end - wall_ns() : 0;
		uint64_t slice_end = wall_ns() + (left / 4 < SLICE_NS ? left / 4 + 1000000 : SLICE_NS);

		/* A slice can be repeated by itself. */
		random_state = (seed + n) | 1;
		printf("# -M %s -device %s, slice %u\n", setups[k].machine, setups[k].device, n);
		dut_start(&dut, setups[k].machine, setups[k].device);
		while (wall_ns() < slice_end) {
			act();
			actions++;
		}
		if (!vm_stop(dut.vm))
			die("QEMU ended badly");
	}
	printf("# %u actions; completions by status:", actions);
	for (n = 0; n <= EDU_SG_DEVICE_FAILED; n++)
		printf(" %u", seen[n]);
	printf("\nok 1 - edu-sg fuzz\n1..1\n");
	return EXIT_SUCCESS;
}
