#!/usr/bin/env python3
"""Draws docs/images/benchmarks.svg from benchmarks/results, which has a file for each release.

A bar is the number of training steps per second over libtorch's, on one thread. `--check` draws nothing and fails if
the picture is not the one that would be drawn.
"""

import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = sorted((ROOT / "benchmarks/results").glob("*.json"))
PICTURE = ROOT / "docs/images/benchmarks.svg"
LIBRARIES = {"descent": "#2f6fb5", "descent onednn": "#5b9bd5", "descent onednn_bf16": "#a6cbee",
             "libtorch": "#b0b7bf", "PyTorch": "#8c959f", "dlib": "#d0a24c"}
WIDTH, LEFT, BAR, GAP, BETWEEN, TOP = 760, 190, 15, 3, 16, 34
LOWEST, HIGHEST = 0.5, 100  # of the logarithmic axis

STYLE = """
    text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1f2328 }
    .end { text-anchor: end } .title { font-weight: 600 } line { stroke: #8c959f; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
  """


def x_of(ratio):
    ratio = min(max(ratio, LOWEST), HIGHEST)
    return LEFT + (WIDTH - LEFT - 60) * math.log(ratio / LOWEST) / math.log(HIGHEST / LOWEST)


def draw():
    lines, y = [], TOP
    for path in RESULTS:
        release = json.loads(path.read_text())
        speeds = release["steps_per_second"]["1"]
        lines.append(f'  <text class="title" x="8" y="{y - 14}">{release["version"]}: training steps per second, over '
                     f'libtorch; one thread, {release["date"]}, logarithmic</text>')
        begin = y
        for workload in speeds["libtorch"]:
            lines.append(f'  <text class="title" x="8" y="{y + 12}">{workload}</text>')
            for library, color in LIBRARIES.items():
                if workload not in speeds.get(library, {}):
                    continue
                ratio = speeds[library][workload] / speeds["libtorch"][workload]
                lines.append(f'  <text class="end" x="{LEFT - 8}" y="{y + 12}">{library}</text>'
                             f'<rect x="{LEFT}" y="{y}" width="{x_of(ratio) - LEFT:.1f}" height="{BAR}" fill="{color}"/>'
                             f'<text x="{x_of(ratio) + 6:.1f}" y="{y + 12}">{ratio:.3g}</text>')
                y += BAR + GAP
            y += BETWEEN
        lines.append(f'  <line x1="{x_of(1):.1f}" x2="{x_of(1):.1f}" y1="{begin}" y2="{y - BETWEEN}"/>')
        y += TOP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y - TOP}" role="img" aria-label="Training '
            f'speed of descent and of other libraries, over that of libtorch">\n  <style>{STYLE}</style>\n'
            + "\n".join(lines) + "\n</svg>\n")


def main():
    picture = draw()
    if "--check" in sys.argv[1:]:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            sys.exit("docs/images/benchmarks.svg: expected the picture of benchmarks/results; run benchmarks/plot.py")
    else:
        PICTURE.write_text(picture)


if __name__ == "__main__":
    main()
