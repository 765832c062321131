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
        yield {"what": f"{method}, 1 MiB: busy fraction at {COPY} of memcpy or more",
               "goal": wanted, "measured": min(row["busy_fraction"] for row in best.values()),
               "met": all(row["met"] for row in best.values())}


def small(rows):
    """Rows are in the order of their depth"""
    worst, best = 1.0, {}
    for row in rows:
        if row["bytes"] <= SMALL:
            key, rate = (row["method"], row["bytes"]), row["throughput_Bps"]
            best[key] = max(best.get(key, 0), rate)
            worst = min(worst, rate / best[key])
    return {"what": f"up to {tables.size(SMALL)}: throughput over that of any less depth",
            "goal": KEPT, "measured": worst, "met": worst >= KEPT}


def large(rows):
    rows = [row for row in rows if row["bytes"] > SMALL]
    worst = min(rows, key=lambda row: row["copy_ratio"])
    met = sum(row["copy_ratio"] >= OF_MEMCPY for row in rows)
    return {"what": f"above {tables.size(SMALL)}: throughput over memcpy's ({met} of {len(rows)}; "
                    f"least: {worst['method']}, {tables.size(worst['bytes'])}, "
                    f"depth {worst['depth']})",
            "goal": OF_MEMCPY, "measured": worst["copy_ratio"], "met": met == len(rows)}


def judge(result):
    """All goals of bench.json"""
    sizes = [row for row in result["scaling"] if row["axis"] == "size"]
    fastest = max(row["throughput_Bps"] for row in result["busy"]
                  if row["method"] == "kmalloc" and row["cpus"] == 1)
    times = fastest / result["guest_cpu_Bps"]
    kib = result["open_file_bytes"] / KIB
    return [*busy(result["busy"]), small(sizes), large(sizes),
            {"what": "kmalloc, 1 MiB: throughput over memcpy by the guest's CPU",
             "goal": TIMES_GUEST, "measured": times, "met": times >= TIMES_GUEST},
            {"what": "KiB of memory for an idle open file, at most",
             "goal": OPEN_FILE_KIB, "measured": kib, "met": kib < OPEN_FILE_KIB}]
