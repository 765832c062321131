# SPDX-License-Identifier: GPL-2.0-only
"""What edu-sg and its driver are to reach, and whether they do."""

import tables

KIB = 1024

# the least that the device is to be busy, while it copies at this part of memcpy's rate
BUSY = {"kmalloc": 0.9, "scattered": 0.8}
COPY = 0.8

# up to this size depth must not cost, above it memcpy is the measure
SMALL = 16 * KIB
KEPT = 0.9
OF_MEMCPY = 0.7

TIMES_GUEST = 5
OPEN_FILE_KIB = 16


def is_busy(row):
    return row["busy_fraction"] >= BUSY[row["method"]] and row["copy_ratio"] >= COPY


def busy(rows):
    """With one CPU or with two, but in each direction and at each depth"""
    for method, wanted in BUSY.items():
        best = {}
        for row in rows:
            if row["method"] == method:
                key = row["direction"], row["depth"]
                best[key] = max(best.get(key, row), row,
                                key=lambda one: (one["met"], one["busy_fraction"]))
        least = min((row["copy_ratio"] for row in best.values()), default=0)
        yield {"what": f"{method}, 1 MiB: busy fraction at {COPY} of memcpy or more "
                       f"(least: {least:.2f})",
               "goal": wanted,
               "measured": min((row["busy_fraction"] for row in best.values()), default=None),
               "met": all(row["met"] for row in best.values())}


def small(rows):
    """Rows are in the order of their depth"""
    kept, best = [], {}
    for row in rows:
        if row["bytes"] <= SMALL:
            key, rate = (row["method"], row["bytes"]), row["throughput_Bps"]
            best[key] = max(best.get(key, 0), rate)
            kept.append(rate / best[key])
    worst = min(kept, default=None)
    return {"what": f"up to {tables.size(SMALL)}: throughput over that of any less depth",
            "goal": KEPT, "measured": worst, "met": bool(kept) and worst >= KEPT}


def large(rows):
    rows = [row for row in rows if row["bytes"] > SMALL]
    met = sum(row["copy_ratio"] >= OF_MEMCPY for row in rows)
    what, worst = f"above {tables.size(SMALL)}: throughput over memcpy's", None
    if rows:
        least = min(rows, key=lambda row: row["copy_ratio"])
        worst = least["copy_ratio"]
        what += (f" ({met} of {len(rows)}; least: {least['method']}, "
                 f"{tables.size(least['bytes'])}, depth {least['depth']})")
    return {"what": what, "goal": OF_MEMCPY, "measured": worst, "met": met == len(rows)}


def times_guest(result):
    rates = [row["throughput_Bps"] for row in result["busy"]
             if row["method"] == "kmalloc" and row["cpus"] == 1]
    times = max(rates) / result["guest_cpu_Bps"] if rates else None
    return {"what": "kmalloc, 1 MiB: throughput over memcpy by the guest's CPU",
            "goal": TIMES_GUEST, "measured": times, "met": bool(rates) and times >= TIMES_GUEST}


def open_file(result):
    kib = result["open_file_bytes"] and result["open_file_bytes"] / KIB
    return {"what": "KiB of memory for an idle open file, at most",
            "goal": OPEN_FILE_KIB, "measured": kib, "met": bool(kib) and kib < OPEN_FILE_KIB}


def judge(result, busy_rows, size_rows):
    """All goals of bench.json. One of which rows are missing is neither met nor missed."""
    sizes = [row for row in result["scaling"] if row["axis"] == "size"]
    whole_busy, whole_sizes = len(result["busy"]) == busy_rows, len(sizes) == size_rows
    goals = [*((goal, whole_busy) for goal in busy(result["busy"])),
             (small(sizes), whole_sizes), (large(sizes), whole_sizes),
             (times_guest(result), whole_busy),
             (open_file(result), result["open_file_bytes"] is not None)]
    return [goal if whole else {**goal, "met": None} for goal, whole in goals]
