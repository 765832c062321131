# SPDX-License-Identifier: GPL-2.0-only
"""Few combinations of values, in which every pair of values that can meet does."""

import itertools


def pairs_of(combination):
    """What a combination shows: each two of its values, with their places"""
    return set(itertools.combinations(enumerate(combination), 2))


def choose(axes, possible):
    """Takes the combination that shows most that is new, until nothing is new.

    axes are tuples of values, cheap ones first; possible(*combination) tells which can be."""
    candidates = [one for one in itertools.product(*axes) if possible(*one)]
    missing = set().union(*map(pairs_of, candidates))
    chosen = []
    while missing:
        best = max(candidates, key=lambda one: len(pairs_of(one) & missing))
        missing -= pairs_of(best)
        chosen.append(best)
    return sorted(chosen, key=lambda one: [axis.index(value) for axis, value in zip(axes, one)])
