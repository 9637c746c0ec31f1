#!/usr/bin/env python3
"""Adds the layer of CONTRIBUTING.md to a copy of the project, step by step as the page says, and tests it there.

A step is a block of code after a comment such as

    <!-- step: include/descent/layers.hpp after '#include "descent/layers/dense.hpp"' -->

which names the file and, for a file that exists, the beginning of the line after or before which the block is inserted.
The copy must pass the structure check, and the new layer those tests that go over all layers. Flags, such as -isystem
and the folder of Eigen, are passed on to the compiler.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"<!-- step: (\S+)(?: (after|before|until) '(.*?)')? -->\n(?: *<!--[^\n]*\n)* *```\w*\n(.*?)\n *```", re.DOTALL)
TESTS = ["tests/conformance/layer_table.cpp", "tests/conformance/layers.test.cpp",
         "tests/conformance/layer_files.test.cpp",
         "tests/io/onnx/save.test.cpp", "tests/layers/channel_scale.test.cpp"]


def apply(copy, path, where, text, code):
    target, code = copy / path, textwrap.dedent(code) + "\n"
    if where in ("after", "before"):
        lines = target.read_text().splitlines(keepends=True)
        at = [number for number, line in enumerate(lines) if line.strip().startswith(text)]
        if len(at) != 1:
            sys.exit(f"CONTRIBUTING.md: expected one line that begins with {text!r} in {path}, found {len(at)}")
        lines.insert(at[0] + (where == "after"), code)
        target.write_text("".join(lines))
        return
    if target.exists():
        sys.exit(f"CONTRIBUTING.md: expected a new file {path}, found one")
    if where == "until":
        code = "#pragma once\n\n" + code[:code.index(text)].replace("#include <iostream>\n", "").rstrip() + "\n"
    target.write_text(code)


def keep_new_rows(copy):
    """Removes the rows of the layers that were there before, which are tested elsewhere and take a minute to compile."""
    path, row = "tests/conformance/layer_table.cpp", re.compile(r"^    LayerRow\{.*?(?=^    LayerRow\{|^\})", re.DOTALL | re.MULTILINE)
    old = set(row.findall((ROOT / path).read_text()))
    table = (copy / path).read_text()
    (copy / path).write_text(row.sub(lambda found: "" if found.group() in old else found.group(), table))
    if len(row.findall((copy / path).read_text())) == 0:
        sys.exit(f"CONTRIBUTING.md: expected a new row in {path}, found none")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--compiler", default=os.environ.get("CXX", "c++"))
    options, flags = parser.parse_known_args()
    steps = STEP.findall((ROOT / "CONTRIBUTING.md").read_text())
    if len(steps) < 7:
        sys.exit(f"CONTRIBUTING.md: expected at least 7 steps, found {len(steps)}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "descent"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("build", ".git", "corpus", "*.ckpt*"))
        for step in steps:
            apply(copy, *step)
        subprocess.run(["cmake", "-P", copy / "tests/structure/check.cmake"], check=True)
        keep_new_rows(copy)
        program = Path(folder) / "tests"
        source = program.with_suffix(".cpp")  # one, which parses the library once
        source.write_text("".join(f'#include "{copy / test}"\n' for test in TESTS))
        compile_all = [options.compiler, "-std=c++20", "-O0", f"-I{copy}/include", f"-I{copy}/tests",
                       f'-DDESCENT_TESTS_DIR="{copy}/tests"', source, "-o", program]
        subprocess.run(compile_all + flags, check=True)
        subprocess.run([program, "~standard_registry: every layer has a row in the table"], check=True)


if __name__ == "__main__":
    main()
