#!/usr/bin/env python3
"""Fails if a public name of the headers is not in docs/reference.md, in backticks or in a block of code.

The names are those that Doxygen finds in namespace descent and the namespaces in it: types, concepts, functions and constants,
without operators, members of types and the namespaces `detail`. scripts/reference runs this.
"""

import re
import sys
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def public_names(index):
    compounds = [(c.get("kind"), c.findtext("name"), c) for c in xml.etree.ElementTree.parse(index).getroot()]
    spaces = {name for kind, name, _ in compounds
              if kind == "namespace" and name.split("::")[0] == "descent" and "detail" not in name.split("::")}
    for kind, name, compound in compounds:
        space, _, last = re.sub(r"<.*", "", name).strip().rpartition("::")
        if kind in ("class", "struct", "union", "concept") and space in spaces:
            yield last
        if name in spaces:
            for member in compound.iterfind("member"):
                last = re.sub(r"<.*", "", member.findtext("name")).strip()
                if member.get("kind") != "enumvalue" and not last.startswith("operator"):
                    yield last


def main():
    page = (ROOT / "docs/reference.md").read_text()
    words = set(re.findall(r"\w+", " ".join(re.findall(r"```.*?```|`[^`]+`", page, re.DOTALL))))
    names = set(public_names(ROOT / "build/reference/xml/index.xml"))
    if len(names) < 500:
        sys.exit(f"docs/public_names.py: expected at least 500 public names, found {len(names)}; see what Doxygen reads")
    for name in sorted(names - words):
        print(f"docs/reference.md: {name} is not there; add a line for it, or move it into namespace detail")
    sys.exit(bool(names - words))


if __name__ == "__main__":
    main()
