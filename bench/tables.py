# SPDX-License-Identifier: GPL-2.0-only
"""What people read of the results: tables, as text or as Markdown."""

import dataclasses

# of bench.json and peer.json
SCHEMA = 2


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


def prefix_of(number):
    """The unit's prefix, and how much it stands for"""
    for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        # what rounds to 1000 belongs to the next prefix
        if number >= 0.9995 * factor:
            return prefix, factor
    return "", 1


def digits(value):
    """Three digits, as 1.23, 12.3 or 123"""
    return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f}"


def scaled(number, unit):
    """As 1.23 G, 12.3 k or 123"""
    prefix, factor = prefix_of(number)
    return f"{digits(number / factor)} {prefix}{unit}".rstrip()


def between(row, key, factor=1):
    """The lowest and the highest of the rounds, if there were several"""
    lowest, highest = row["spread"][key]
    return "" if lowest == highest else f" ({digits(lowest / factor)}-{digits(highest / factor)})"


def figure(row, key, factor=1):
    """A figure and its spread: 1.23 (1.19-1.25)"""
    return digits(row[key] / factor) + between(row, key, factor)


def rate_figure(row, key):
    """As 1.23 GB/s (1.19-1.25)"""
    return rate(row[key]) + between(row, key, prefix_of(row[key])[1])


def count(number, what):
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def rate(bytes_per_second):
    return scaled(bytes_per_second, "B/s")


def verdict(met):
    return {True: "met", False: "MISSED", None: "NOT MEASURED"}[met]


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


def place(result):
    """Where something was measured, and whether nothing else was going on there"""
    environment = result["environment"]
    if "kernel" in environment:
        yield ("Linux {kernel}, QEMU {qemu}, machine {machine}, {accel}; host with {host_cpus} "
               "CPUs ({host_cpu}).".format(**environment))
    if environment["host_load"] > 0.5:
        yield ("The host was busy with other things (load {host_load:.1f}) when this began: "
               "measure again when it is quiet.".format(**environment))


def rounds(whole, wanted):
    """What the figures of a table are: whole tells how many rounds each row has"""
    if not max(whole):
        return "No row was measured to its end."
    if wanted == max(whole) == 1:
        return "One round: no spread."
    text = "Medians, with the lowest and the highest in parentheses, of"
    if min(whole) == wanted:
        return f"{text} {wanted} rounds."
    return f"{text} {min(whole)} to {max(whole)} of {count(wanted, 'round')}."


def what(row):
    return f"{size(row['block'])}, depth {row['depth']}, {row['method']}"


def rate_cell(row, key):
    return rate_figure(row, key) if key in row else "-"


def ops_cell(row, key):
    return scaled(row[key] / row["block"], "/s") if key in row else "-"


def peer_cell(one):
    """The rate of a peer by itself, and how often there is none"""
    lost = [f"{reason} {times}x" for reason, times in one["lost"].items()]
    if "rate_Bps" in one:
        return ", ".join([rate_figure(one, "rate_Bps"), *lost])
    return ", ".join(one["lost"]) or "-"


def peer(result):
    """The tables of peer.json"""
    best, others = [], []
    for row in result["rows"]:
        best.append((what(row), rate_cell(row, "edudma_Bps"), ops_cell(row, "edudma_Bps"),
                     rate_cell(row, "peer_Bps"), ops_cell(row, "peer_Bps"), row.get("peer", "-"),
                     figure(row, "ratio") if "ratio" in row else "-"))
        others.append((what(row), *map(peer_cell, row["peers"].values()),
                       rate_cell(row, "batches_Bps"), rate_cell(row, "map_each_Bps")))
    whole = [sum("ratio" in one["figures"] for one in row["rounds"]) for row in result["rows"]]
    return [
        Table("edu-sg against the best of its peers",
              ("transfers", "edudma", "ops", "best peer", "ops", "which", "ratio"), best,
              [f"{rounds(whole, result['wanted_rounds'])} {result['environment']['fio']}."]),
        Table("The peers by themselves, and what flatters nobody",
              ("transfers", *result["rows"][0]["peers"], "a peer, batches", "edudma, map each"),
              others, list(place(result)))]


def busy_table(result):
    rows = [(f"{row['method']}, {row['direction']}, depth {row['depth']}, {row['cpus']} CPU",
             rate_figure(row, "throughput_Bps"), figure(row, "busy_fraction"),
             rate_figure(row, "device_Bps"), rate_figure(row, "memcpy_Bps"),
             figure(row, "copy_ratio"), verdict(row["met"]))
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


def scaling_tables(result):
    """Rates in GB/s, beside them or in a table of their own what part of memcpy's they are"""
    def gigabytes(row):
        return figure(row, "throughput_Bps", 1e9)

    def ratio(row):
        return figure(row, "copy_ratio")

    sizes = [row for row in result["scaling"] if row["axis"] == "size"]
    others = [row for row in result["scaling"] if row["axis"] != "size"]
    for method in dict.fromkeys(row["method"] for row in sizes):
        rows = [row for row in sizes if row["method"] == method]
        for title, cell in ((f"Throughput of {method} by size and depth, GB/s", gigabytes),
                            ("The same as a part of memcpy", ratio)):
            yield Table(title, *grid(rows, lambda row: size(row["bytes"]),
                                     lambda row: f"depth {row['depth']}", cell))
    for title, cell in (("Throughput by channels, and by processes, GB/s", gigabytes),
                        ("The same as a part of memcpy", ratio)) if others else ():
        yield Table(title, *grid(others, lambda row: f"{row['axis']}: {row[row['axis']]}",
                                 lambda row: size(row["bytes"]), cell))


def bench(result):
    """The tables of bench.json"""
    whole = [row["rounds"] for row in result["busy"] + result["scaling"]] or [0]
    *others, last = busy_table(result), *scaling_tables(result)
    last.notes = [rounds(whole, result["wanted_rounds"]), *place(result)]
    return [*others, last]


def goals_of(result):
    """All goals of bench.json or peer.json"""
    yield from result.get("goals", ())
    for row in result.get("rows", ()):
        goal = {"what": f"{what(row)}: times the best peer", "goal": row["goal"],
                "met": row["met"], "measured": row.get("ratio")}
        if "ratio" in row:
            goal["what"] += f", {row['peer']}"
            goal["spread"] = row["spread"]["ratio"]
        yield goal


def goals(*results):
    rows, all_goals = [], [goal for result in results for goal in goals_of(result)]
    for goal in all_goals:
        lowest, highest = goal.get("spread", (None, None))
        rows.append((goal["what"], f"{goal['goal']:g}",
                     "-" if goal["measured"] is None else f"{goal['measured']:.3g}",
                     "" if lowest == highest else f"{lowest:.3g}",
                     "" if lowest == highest else f"{highest:.3g}", verdict(goal["met"])))
    met = sum(bool(goal["met"]) for goal in all_goals)
    return Table("Goals", ("what", "goal", "of medians", "lowest round", "highest round", ""), rows,
                 [f"{met} of {len(rows)} are met."])
