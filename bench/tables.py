# SPDX-License-Identifier: GPL-2.0-only
"""What people read of the results: tables, as text or as Markdown."""

import dataclasses


@dataclasses.dataclass
class Table:
    """Cells are strings; the first column is words, the others are numbers."""

    title: str
    header: tuple
    rows: list
    notes: list = dataclasses.field(default_factory=list)


def size(number):
    """4096 as 4 KiB"""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= factor and number % factor == 0:
            return f"{number // factor} {unit}"
    return f"{number} B"


def scaled(number, unit):
    """Three digits, as 1.23 G, 12.3 k or 123"""
    for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1)):
        # what rounds to 1000 belongs to the next prefix
        if number >= 0.9995 * factor or factor == 1:
            value = number / factor
            digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
            return f"{value:.{digits}f} {prefix}{unit}".rstrip()
    raise AssertionError


def count(number, what):
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def rate(bytes_per_second):
    return scaled(bytes_per_second, "B/s")


def verdict(met):
    return "met" if met else "MISSED"


def text(table):
    """The lines of a table for a terminal"""
    lines = [table.header, *table.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.header))]
    yield table.title
    for line in lines:
        cells = [line[0].ljust(widths[0]),
                 *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        yield "  " + "  ".join(cells).rstrip()
    for note in table.notes:
        yield f"  {note}"
    yield ""


def markdown(table):
    """The lines of a table for a document"""
    yield f"### {table.title}"
    yield ""
    yield "| " + " | ".join(table.header) + " |"
    yield "|:--" + "|--:" * (len(table.header) - 1) + "|"
    for row in table.rows:
        yield "| " + " | ".join(row) + " |"
    yield ""
    for note in table.notes:
        yield f"{note}"
        yield ""


def print_all(tables, form):
    for table in tables:
        for line in form(table):
            print(line)


def place(environment):
    """Where something was measured, and whether nothing else was going on there"""
    yield ("Linux {kernel}, QEMU {qemu}, machine {machine}, {accel}; host with {host_cpus} CPUs "
           "({host_cpu}).".format(**environment))
    if environment["host_load"] > 0.5:
        yield ("The host was busy with other things (load {host_load:.1f}) when this began: "
               "measure again when it is quiet.".format(**environment))


def peer(result):
    """The tables of peer.json"""
    rows = []
    for row in result["rows"]:
        rows.append((
            f"{size(row['block'])}, depth {row['depth']}, {row['method']}",
            rate(row["edudma_Bps"]), scaled(row["edudma_ops"], "/s"),
            rate(row["nvme_Bps"]), scaled(row["nvme_ops"], "/s"),
            f"{row['ratio']:.1f}", f"{row['goal']:g}", verdict(row["met"]),
            rate(row["map_each_Bps"]), rate(row["nvme_batches_Bps"])))
    missed = sum(not row["met"] for row in result["rows"])
    return [Table(
        "edu-sg against nvme",
        ("transfers", "edudma", "ops", "nvme", "ops", "ratio", "goal", "", "edudma, map each",
         "nvme, batches"),
        rows,
        [f"{len(rows) - missed} of {len(rows)} goals are met. Medians of "
         f"{count(len(result['rows'][0]['rounds']), 'round')}; {result['environment']['fio']}.",
         *place(result["environment"])])]


def busy_table(result):
    rows = [(f"{row['method']}, {row['direction']}, depth {row['depth']}, {row['cpus']} CPU",
             rate(row["throughput_Bps"]), f"{row['busy_fraction']:.2f}", rate(row["device_Bps"]),
             rate(row["memcpy_Bps"]), f"{row['copy_ratio']:.2f}", verdict(row["met"]))
            for row in result["busy"]]
    return Table("How busy the device is: transfers of 1 MiB",
                 ("transfers", "throughput", "busy", "rate while busy", "memcpy", "ratio", ""),
                 rows)


def grid(rows, line, column, cell):
    """A table's header and rows: one line and one column for each value of two keys"""
    lines = list(dict.fromkeys(line(row) for row in rows))
    columns = list(dict.fromkeys(column(row) for row in rows))
    cells = {(line(row), column(row)): cell(row) for row in rows}
    return ("", *columns), [(one, *(cells.get((one, other), "") for other in columns))
                            for one in lines]


def with_ratio(row):
    return f"{rate(row['throughput_Bps'])} ({row['copy_ratio']:.2f})"


def scaling_tables(result):
    sizes = [row for row in result["scaling"] if row["axis"] == "size"]
    others = [row for row in result["scaling"] if row["axis"] != "size"]
    for method in dict.fromkeys(row["method"] for row in sizes):
        yield Table(f"Throughput of {method} by size and depth (as a part of memcpy)", *grid(
            [row for row in sizes if row["method"] == method], lambda row: size(row["bytes"]),
            lambda row: f"depth {row['depth']}", with_ratio))
    yield Table("Throughput by channels, and by processes (as a part of memcpy)", *grid(
        others, lambda row: f"{row['axis']}: {row[row['axis']]}",
        lambda row: size(row["bytes"]), with_ratio))


def goals_table(result):
    return Table("Goals", ("what", "goal", "measured", ""),
                 [(goal["what"], f"{goal['goal']:g}", f"{goal['measured']:.3g}",
                   verdict(goal["met"])) for goal in result["goals"]],
                 [f"Medians of {count(result['rounds'], 'round')}.",
                  *place(result["environment"])])


def bench(result):
    """The tables of bench.json"""
    return [busy_table(result), *scaling_tables(result), goals_table(result)]
