# SPDX-License-Identifier: GPL-2.0-only
"""The matrix as people read it."""

HEADER = ("kernel", "QEMU", "machine", "IOMMU", "vCPUs", "result", "warnings", "tests",
          "window", "segments", "commands", "seconds")


def cells(row):
    """A row's cells, - for what is not known"""
    keys = ("kernel", "qemu", "machine", "iommu", "vcpus", "status", "warnings", "tests",
            "window", "segments", "commands", "seconds")
    values = [row[key] for key in keys]
    return ["-" if value is None else str(value) for value in values]


def text(rows):
    """The lines of a table for a terminal"""
    lines = [HEADER, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()


def markdown(rows):
    """The lines of a table in Markdown"""
    yield f"| {' | '.join(HEADER)} |"
    yield "|" + ":--|" * 4 + "--:|:--|" + "--:|" * 6
    for row in rows:
        yield f"| {' | '.join(cells(row))} |"
