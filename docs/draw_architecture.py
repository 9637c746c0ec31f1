#!/usr/bin/env python3
"""Draws docs/images/architecture.svg: the folders of include/descent and which includes which.

The order is that of the table in docs/architecture.md; the arrows are read from the includes. An arrow that follows
from others is left out. `--check` draws nothing and fails if the picture is not the one that would be drawn.
"""

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
INCLUDE = DOCS.parent / "include" / "descent"
PICTURE = DOCS / "images" / "architecture.svg"
WIDTH, BOX, HEIGHT, GAP, ROW = 960, 106, 34, 14, 80

STYLE = """
    text { font: 15px ui-sans-serif, system-ui, sans-serif; text-anchor: middle; fill: #1f2328 }
    rect { fill: #eef4fb; stroke: #4a7ab5; rx: 6px }
    path { fill: none; stroke: #8c959f; stroke-width: 1.2 }
    .planned rect { fill: none; stroke-dasharray: 4 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } rect { fill: #1c2a3a; stroke: #6ca0dc } path { stroke: #6e7681 }
    }
  """


def folders_of_page():
    rows = re.findall(r"^\| `([a-z_]+)/`", (DOCS / "architecture.md").read_text(), re.MULTILINE)
    if not rows:
        sys.exit("architecture.md: expected a table with a row such as | `core/` | ... |, found none")
    return rows


def includes(folder, folders):
    """The folders whose headers a folder includes."""
    found = set()
    for header in (INCLUDE / folder).rglob("*.hpp"):
        found.update(re.findall(r'#include [<"]descent/([a-z_]+)/', header.read_text()))
    return (found & set(folders)) - {folder}


def without_implied(graph):
    """The transitive reduction: without arrows to a folder that another included one reaches."""

    def reaches(folder):
        return {further for other in graph[folder] for further in {other} | reaches(other)}

    return {folder: {other for other in direct if not any(other in reaches(between) for between in direct)}
            for folder, direct in graph.items()}


def rows_of(folders, graph):
    """The row of each folder: below all that it includes. One that includes none is close above its users."""
    row = {}
    for folder in folders:
        row[folder] = 1 + max((row[other] for other in graph[folder]), default=-1)
    for folder in folders[1:]:
        if not graph[folder]:
            row[folder] = min(row[other] for other in folders if folder in graph[other]) - 1
    return row


def place(folders, graph):
    """The middle of each folder, and for each line the points that it passes: rows that it crosses keep a gap for it."""
    row = rows_of(folders, graph)
    above = {folder: list(graph[folder]) for folder in folders}
    rows = [[folder for folder in folders if row[folder] == number] for number in range(max(row.values()) + 1)]
    ways = {}
    for folder in folders:
        for other in sorted(graph[folder], key=folders.index):
            way = [other]
            for number in range(row[other] + 1, row[folder]):
                way.append((other, folder, number))
                above[way[-1]] = [way[-2]]
                rows[number].append(way[-1])
            above[folder] = [way[-1] if one == other else one for one in above[folder]]
            ways[folder, other] = [folder, *reversed(way)]

    x = {}
    for members in rows:
        middle = {one: sum(x[other] for other in above[one]) / len(above[one]) if above[one] else WIDTH / 2
                  for one in members}
        members.sort(key=lambda one: middle[one])  # stable: the order of the page, where lines do not decide
        widths = [BOX if one in row else 0 for one in members]
        at = (WIDTH - sum(widths) - (len(members) - 1) * GAP) / 2
        for one, width in zip(members, widths):
            x[one] = at + width / 2
            at += width + GAP
    y = {one: 8 + number * ROW for number, members in enumerate(rows) for one in members}
    return x, y, ways


def line(way, x, y):
    """A line up from the first point: curves between rows, straight through the rows between."""
    path = f"M{x[way[0]]:g} {y[way[0]]:g}"
    for begin, end in zip(way, way[1:]):
        top, bottom = y[end] + HEIGHT, y[begin]
        middle = (top + bottom) / 2
        path += f" C{x[begin]:g} {middle:g} {x[end]:g} {middle:g} {x[end]:g} {top:g}"
        if end != way[-1]:
            path += f" V{y[end]:g}"
    return f'  <path d="{path}"/>'


def draw():
    folders = folders_of_page()
    exists = [folder for folder in folders if any((INCLUDE / folder).rglob("*.hpp"))]
    planned = [folder for folder in folders if folder not in exists]
    graph = without_implied({folder: includes(folder, folders) for folder in exists})
    x, y, ways = place(exists, graph)
    last = max(y.values()) + ROW
    begin = (WIDTH - len(planned) * BOX - (len(planned) - 1) * GAP) / 2
    for number, folder in enumerate(planned):
        x[folder], y[folder] = begin + number * (BOX + GAP) + BOX / 2, last

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {last + HEIGHT + 8:g}" role="img" '
             'aria-label="The folders of include/descent; a line leads from a folder up to those that it includes">',
             f"  <style>{STYLE}</style>"]
    lines += [line(way, x, y) for way in ways.values()]
    for folder in folders:
        kind = ' class="planned"' if folder in planned else ""
        lines.append(f'  <g{kind}><rect x="{x[folder] - BOX / 2:g}" y="{y[folder]:g}" width="{BOX}" height="{HEIGHT}"/>'
                     f'<text x="{x[folder]:g}" y="{y[folder] + 22:g}">{folder}</text></g>')
    return "\n".join(lines) + "\n</svg>\n"


def main():
    picture = draw()
    if "--check" in sys.argv[1:]:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            sys.exit("docs/images/architecture.svg: expected the picture of the includes as they are; "
                     "run docs/draw_architecture.py")
    else:
        PICTURE.write_text(picture)


if __name__ == "__main__":
    main()
