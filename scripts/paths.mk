# SPDX-License-Identifier: GPL-2.0-only
#
# Makes BUILD an absolute path, or ends make before anything is written. What includes
# this says in $(paths-do) what scripts/paths is to do with that directory.

define paths-newline


endef
# A shell that make starts would not see a newline
paths-quote = '$(subst ','\'',$(subst $(paths-newline), ,$(value $(1))))'
override BUILD := $(shell LC_ALL=C XDG_CACHE_HOME=$(call paths-quote,XDG_CACHE_HOME) \
	$(dir $(lastword $(MAKEFILE_LIST)))paths $(or $(paths-do),claim) $(call paths-quote,BUILD) 2>&1)
ifneq ($(.SHELLSTATUS),0)
$(error $(BUILD))
endif
