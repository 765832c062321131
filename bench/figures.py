# SPDX-License-Identifier: GPL-2.0-only
"""What bench/load and bench/peer have in common: their options, and figures of several rounds."""

import argparse
import os
import statistics


def options(text, seconds):
    """The command line of a measurement"""
    parser = argparse.ArgumentParser(description=text, epilog="Environment: ROUNDS=3, how many "
                                     "rounds; ACCEL=tcg, or kvm; BUILD=build. Exit status: 1 if "
                                     "something could not be measured, 130 after a signal: "
                                     "what was measured is written and printed all the same.")
    parser.add_argument("--rounds", type=int, default=os.environ.get("ROUNDS") or 3,
                        help="how many (3)")
    parser.add_argument("--seconds", type=float, default=seconds,
                        help=f"for each figure ({seconds})")
    args = parser.parse_args()
    if args.rounds < 1 or args.seconds <= 0:
        parser.error("there must be at least a round, and some time")
    return args


def summary(rounds):
    """The median of each figure, and beside it the lowest and the highest of the rounds that
    have it"""
    row = {"spread": {}}
    for key in dict.fromkeys(key for one in rounds for key in one):
        values = [one[key] for one in rounds if key in one]
        row[key] = statistics.median(values)
        row["spread"][key] = [min(values), max(values)]
    return row
