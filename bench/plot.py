# SPDX-License-Identifier: GPL-2.0-only
"""Draws what scales: pictures for the screen (PNG) and for documents (SVG).

Curves differ by their points and dashes, so that they can be told apart without colours.
"""

import subprocess

import tables

STYLE = """
set encoding utf8
set grid xtics ytics lc rgb "#cccccc" lw 1 dt 3
set border 3
set tics nomirror out
set key outside right top Left reverse samplen 5 spacing 1.3
set logscale xy
set ylabel "throughput"
"""

TERMINALS = {
    "svg": 'svg size 900,520 dynamic background "white" font "sans-serif,14"',
    "png": 'pngcairo size 1100,640 background "white" font "sans-serif,13"',
}


# points, dashes and dark colours
LOOKS = ((4, 1, "#000000"), (6, 2, "#0050b0"), (8, 3, "#b03000"),
         (5, 4, "#006030"), (7, 5, "#702080"), (9, 1, "#806000"))


# depths of the curves by size
BY_SIZE = (1, 8)


def curve(number, title):
    """How the curve of that number looks"""
    point, dashes, colour = LOOKS[number - 1]
    return (f"using 1:2 with linespoints title '{title}' lw 2 ps 1.2 "
            f"pt {point} dt {dashes} lc rgb '{colour}'")


def axis(name, values, text):
    """Ticks at values, and a little room beyond them"""
    ticks = ", ".join(f"'{text(value)}' {value}" for value in values)
    return (f"set {name}tics ({ticks})\n"
            f"set {name}range [{values[0] / 1.3}:{values[-1] * 1.3}]\n")


def ticks_around(values):
    """1, 2, 5, 10 and so on, from the last below all values to the first above"""
    steps = [step * 10 ** power for power in range(3, 13) for step in (1, 2, 5)]
    first = max(i for i, step in enumerate(steps) if step <= min(values))
    last = min(i for i, step in enumerate(steps) if step >= max(values))
    return steps[first:last + 1]


def plot(path, settings, curves):
    """curves: titles, each with its points"""
    rates = [y for points in curves.values() for _, y in points]
    script = STYLE + settings + axis("y", ticks_around(rates), tables.rate)
    for number, points in enumerate(curves.values(), start=1):
        lines = "\n".join(f"{x} {y}" for x, y in points)
        script += f"$data{number} << EOD\n{lines}\nEOD\n"
    what = ", ".join(f"$data{number} {curve(number, title)}"
                     for number, title in enumerate(curves, start=1))
    for ending, terminal in TERMINALS.items():
        script += f"set terminal {terminal}\nset output '{path}.{ending}'\nplot {what}\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def by_size(rows, path):
    """Two depths, and what limits the deeper one"""
    sizes = sorted({row["bytes"] for row in rows})
    curves = {}
    for row in rows:
        if row["depth"] in BY_SIZE:
            curve_of = curves.setdefault(f"{row['method']}, depth {row['depth']}", [])
            curve_of.append((row["bytes"], row["throughput_Bps"]))
    for row in rows:
        if row["depth"] == BY_SIZE[-1]:
            curve_of = curves.setdefault(f"memcpy, as {row['method']}", [])
            curve_of.append((row["bytes"], row["memcpy_Bps"]))
    plot(path, 'set title "edu-sg to memory: 1 channel"\n'
         'set xlabel "size of a transfer"\n' + axis("x", sizes, tables.size), curves)


def by_number(rows, path):
    """Channels and processes"""
    numbers = sorted({row[row["axis"]] for row in rows})
    curves = {}
    for row in rows:
        title = f"{row['axis']}, {tables.size(row['bytes'])}"
        curves.setdefault(title, []).append((row[row["axis"]], row["throughput_Bps"]))
    plot(path, 'set title "edu-sg to memory: vmalloc, depth 4 each"\n'
         'set xlabel "channels (8 threads), or processes (8 channels)"\n' + axis("x", numbers, str),
         curves)


def draw(result, directory):
    """A picture of which nothing was measured is removed: an older one shows other figures"""
    sizes = [row for row in result["scaling"] if row["axis"] == "size"]
    numbers = [row for row in result["scaling"] if row["axis"] != "size"]
    for name, rows, picture in (("bench-size", sizes, by_size),
                                ("bench-parallel", numbers, by_number)):
        if rows:
            picture(rows, directory / name)
        else:
            for ending in TERMINALS:
                (directory / f"{name}.{ending}").unlink(missing_ok=True)
