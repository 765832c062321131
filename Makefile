# SPDX-License-Identifier: GPL-2.0-only
#
# Every entry point of the project; 'make help' lists them. All output goes to
# $(BUILD).

# help and a shell's completion look at no directory, and clean makes none
writing := $(filter-out help clean .DEFAULT,$(MAKECMDGOALS))
ifneq ($(and $(writing),$(filter clean,$(MAKECMDGOALS))),)
$(error clean cannot go together with other goals: make clean && make $(writing))
endif
ifneq ($(writing)$(filter clean,$(MAKECMDGOALS)),)
paths-do := $(if $(writing),claim,build)
include scripts/paths.mk
else
override BUILD := build
endif
export BUILD

ifndef VERBOSE
Q := @
silent := -s
endif
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-print-directory
# For another kernel than that of the command line
fresh-make := env -u MAKEFLAGS -u MAKELEVEL $(MAKE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-device shell check mutants answer bench bench-peer matrix docs device qemu debug-kernel \
	test-debug fuzz soak coverage reliability build driver userspace programs measurement clean FORCE

help: ## this text
	@echo 'Targets:'
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo 'Variables, with their defaults:'
	@echo '  CLOCK=virtual     or real: the guest sees the time of the host'
	@echo '  ACCEL=tcg         or kvm; or auto, which tries KVM first'
	@echo '  MEMORY=256        MiB of guest memory'
	@echo '  MACHINE=q35       or pc'
	@echo '  IOMMU=none        or intel or virtio, between the device and memory'
	@echo '  DEVICE=edu        or edu-sg, our own fast one, in real time'
	@echo '  QEMU=             qemu-system-x86_64, or a version in the archive of Debian: 10.0'
	@echo '  KERNEL_VERSION=   the guest kernel in the archive of Debian: 6.12, or sid'
	@echo '  SECONDS=600       how long make fuzz and make soak run; SEED= repeats them'
	@echo '  ROUNDS=3          of make bench and make bench-peer'
	@echo '  KERNEL= KDIR=     the guest kernel and its headers; else that of the host'
	@echo '  CYCLES=10         how often a device goes and comes back in a test; 100 for a release'
	@echo '  SHORT=1           of a test: leave out what repeats on another mainboard or size'
	@echo '  PROVEFLAGS=-j2    options of prove: so many files of tests at a time'
	@echo '  BUILD=build       where all output goes'
	@echo '  VERBOSE=1         shows the commands'

# Only a QEMU with our device in it knows edu-sg, and its speed shows in real time.
ifneq ($(findstring edu-sg,$(DEVICE)),)
with-device := QEMU=$$(qemu/device/find) && export QEMU CLOCK=$${CLOCK:-real} &&
endif

run: driver userspace ## tests and measures the three kinds of memory in a guest
	@rm -f $(BUILD)/results/run.json
	$(Q)$(with-device) qemu/run --out $(BUILD)/results/run -- run-job
	@mv $(BUILD)/results/run/run.json $(BUILD)/results/run.json
	@echo 'These figures are in $(BUILD:$(CURDIR)/%=%)/results/run.json'

# The longest first, so that two at a time end together
slow := lifecycle memory shutdown edu-sg run unbind
TESTS := $(slow:%=tests/%.t) $(filter-out $(slow:%=tests/%.t) tests/bench.t,$(wildcard tests/*.t))
# These look at the host's part, at user space, or at how long things take
hosted := $(addprefix tests/,answer.t bounded.t harness.t matrix.t model.t run.t setup.t udev.t unit.t usage.t)

# More at a time would disturb what is tested in real time.
PROVEFLAGS ?= -j2

test: build ## runs the whole test suite
	$(Q)PROVEFLAGS='$(PROVEFLAGS)' tests/prove $(TESTS)

chosen = $(if $(filter command,$(origin TESTS)),$(TESTS))
device-tests := $(wildcard tests/qtest/*.t) tests/bench.t

test-device: build ## tests edu-sg itself, with AddressSanitizer (10 minutes to build, once), and its measurements
	$(Q)PROVEFLAGS='$(PROVEFLAGS)' AGAIN='make $@' \
		tests/prove $(or $(chosen),$(device-tests))

debug-kernel: ## builds a kernel that watches the driver, once: 10 to 20 minutes
	@scripts/setup debug
	$(Q)kernel=$$(qemu/guest/debug-kernel) && \
		echo "To run on it: make KERNEL=$$kernel/bzImage KDIR=$$kernel/build ..."

debugged := $(filter-out %/coverage.t,$(wildcard tests/debug/*.t))

# Of 256 MiB that kernel leaves 80, and tests use up a quota. What the
# others have reached is looked at after them, however many run at a time.
test-debug: debug-kernel ## runs what boots guests on that kernel, and the tests that need it
	$(Q)kernel=$$(qemu/guest/debug-kernel) || exit; \
	run() { \
		AGAIN='make $@' $(MAKE) test KERNEL=$$kernel/bzImage KDIR=$$kernel/build \
			BUILD=$(BUILD)/debug PARAMS=quota_mb=32 TESTS="$$1"; \
	}; \
	failed=0; \
	run '$(or $(chosen),$(debugged) $(filter-out $(hosted),$(TESTS)))' || failed=1; \
	$(if $(chosen),,run tests/debug/coverage.t && )exit $$failed

fuzz: debug-kernel ## uses the driver in random, hostile ways for 10 minutes
	$(Q)kernel=$$(qemu/guest/debug-kernel) && export BUILD=$(BUILD)/debug && \
		$(fresh-make) build device KERNEL=$$kernel/bzImage KDIR=$$kernel/build && \
		tests/debug/fuzz.t --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

soak: build device ## 16 processes use the device for 10 minutes of guest time
	$(Q)tests/soak.t --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

coverage: ## prints the lines of the driver that test-debug and fuzz did not reach
	@scripts/coverage

reliability: ## says whether the last test, test-device and test-debug held every promise
	$(Q)tests/reliability --check

shell: driver userspace ## starts a guest with the driver loaded, for you to play in
	$(Q)$(with-device) qemu/run --shell

device: ## builds edu-sg, our own device, for the installed QEMU
	@scripts/setup device
	@echo '  BUILD   edu-sg'
	$(Q)qemu/device/build --build $(BUILD) $(if $(QEMU),--qemu '$(QEMU)')

bench: build device measurement ## measures edu-sg under load: how busy, and how that scales
	$(Q)bench/load

bench-peer: build device measurement ## measures edu-sg against nvme and virtio-blk
	$(Q)bench/peer

qemu: ## builds QEMU from source with edu-sg inside
	@scripts/setup run device qemu
	$(Q)qemu/device/build-qemu --build $(BUILD)

answer: build device debug-kernel ## kmalloc or vmalloc? Ten claims, measured: docs/answer.md
	$(Q)kernel=$$(qemu/guest/debug-kernel) && \
		$(fresh-make) build KERNEL=$$kernel/bzImage KDIR=$$kernel/build BUILD=$(BUILD)/debug
	$(Q)experiments/run --debug $(BUILD)/debug

check: ## runs every static checker
	@scripts/setup run build check
	$(Q)scripts/check

mutants: build device ## proves that the tests notice broken drivers
	$(Q)tests/mutants/run

matrix: ## tests on other kernels and QEMUs: docs/compatibility.md
	@scripts/setup run build matrix
	$(Q)tests/matrix/run

docs: userspace ## puts the figures of the last measurements into the documents
	$(Q)scripts/docs

build: driver userspace programs ## builds everything and gets a guest kernel

clean: ## removes all output
	@scripts/paths clean $(BUILD)

# What is built depends on the guest's kernel, so that is found first: make
# reads this file, and starts over if it had to be made. Checking that nothing
# has changed takes a moment only.
ifneq ($(filter run test test-device shell mutants answer bench bench-peer soak build,$(MAKECMDGOALS)),)
include $(BUILD)/kernel.env
endif

packages-test := test device
packages-test-device := build test device qemu peer
packages-mutants := test device qemu
packages-build := build
packages-soak := build device
packages-answer := build answer
packages-bench := build bench
packages-bench-peer := build peer

$(BUILD)/kernel.env: FORCE
	@mkdir -p $(@D)
	@scripts/setup run $(sort $(foreach goal,$(MAKECMDGOALS),$(packages-$(goal))))
	@qemu/guest/kernel

# A kernel from the archive comes with the compiler that built it. No warning ends a user's
# build, whatever the kernel was configured for: `make check` is for that.
kbuild = $(if $(KERNEL_TREE),PATH=$(KERNEL_TREE)/tools:$$PATH )$(MAKE) $(silent) -C $(KERNEL_HEADERS) \
	CONFIG_DEBUG_INFO_BTF_MODULES= CONFIG_WERROR=

# Each release and variant builds in its own copy of the driver
driver := $(BUILD)/driver-$(KERNEL_RELEASE)
sources = $(shell find $(1) -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild)

define build-driver
	@echo '  KBUILD  $(@:$(CURDIR)/%=%)'
	@mkdir -p $(@D)/test
	@tar -cf - $(call sources,driver) | tar -xf - -C $(@D) --strip-components=1
	@$(if $(1),tar -cf - $(call sources,tests/driver) | tar -xf - -C $(@D)/test --strip-components=2)
	+$(Q)$(kbuild) M=$(@D) $(1) modules
	@touch $@
endef

$(driver)/edudma.ko: $(call sources,driver) $(BUILD)/kernel.env
	$(call build-driver)

$(driver)-test/edudma.ko: $(call sources,driver tests/driver) $(BUILD)/kernel.env
	$(call build-driver,EDUDMA_TEST=1)

# Modules besides the driver: what experiments and tests want the kernel to do
modules := $(BUILD)/modules-$(KERNEL_RELEASE)

define build-module
	@echo '  KBUILD  $(@:$(CURDIR)/%=%)'
	@mkdir -p $(basename $@)
	@tar -C $(1) -cf - $(patsubst $(1)/%,%,$(call sources,$(1))) | tar -xf - -C $(basename $@)
	@cp driver/compat.h $(basename $@)
	+$(Q)$(kbuild) M=$(basename $@) modules
	@cp $(basename $@)/$(@F) $@
endef

$(modules)/memlab.ko: $(call sources,experiments) driver/compat.h $(BUILD)/kernel.env
	$(call build-module,experiments)

$(modules)/detectors.ko $(modules)/latency.ko: $(call sources,tests/modules) driver/compat.h $(BUILD)/kernel.env
	$(call build-module,tests/modules)

driver: $(driver)/edudma.ko

build: $(driver)-test/edudma.ko $(modules)/memlab.ko $(modules)/detectors.ko $(modules)/latency.ko

userspace programs: $(BUILD)/kernel.env

userspace:
	@echo '  BUILD   libedudma, edudma'
	$(Q)$(MAKE) $(silent) -C userspace BUILD=$(BUILD)

programs:
	@echo '  BUILD   test programs'
	$(Q)$(MAKE) $(silent) -C tests BUILD=$(BUILD)

measurement:
	@echo '  BUILD   what measurements need'
	$(Q)$(MAKE) $(silent) -C bench BUILD=$(BUILD)
