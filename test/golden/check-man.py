#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the names of the parser, the schema and the manual together.

check-man.py TOOL ROOT: TOOL is the built config_tool, ROOT the repository. The manual
describes element E below ".Ss <E>…" and its attribute A below ".It Va A"; its examples are
those of config/examples, to the letter but for the comment at their head. What README.md and
the pages of docs/ show as XML is in the language too.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
XS = "{http://www.w3.org/2001/XMLSchema}"
failures = []


def names_of_parser():
    run = subprocess.run([tool, "--names"], capture_output=True, text=True, check=True)
    return {tuple(line.split()) for line in run.stdout.splitlines()}


def names_of_schema():
    schema = xml.etree.ElementTree.parse(root / "config/bonsai.xsd")
    types = {node.get("name"): [a.get("name") for a in node.iter(XS + "attribute")]
             for node in schema.iter(XS + "complexType")}
    names = set()
    for element in schema.iter(XS + "element"):
        names.add((element.get("name"),))
        names.update((element.get("name"), a) for a in types[element.get("type")])
    return names


def names_of_manual(page):
    names, element = set(), None
    for line in page.splitlines():
        if found := re.match(r"\.(Ss|Sh) (?:<(\w+)>)?", line):
            element = found[2]
            if element:
                names.add((element,))
        elif found := re.match(r"\.It Va (\w+)$", line):
            names.add((element, found[1]))
    return names


def check_examples(page):
    shown = dict(re.findall(r'^\.\\" (config/examples/\S+)\n\.Bd [^\n]*\n(.*?)^\.Ed$', page,
                            re.M | re.S))
    there = {f"config/examples/{path.name}": path.read_text()
             for path in (root / "config/examples").glob("*.xml")}
    for name in sorted(set(shown) ^ set(there)):
        failures.append(f"{name} is not both in the manual and in the folder")
    for name in sorted(set(shown) & set(there)):
        if re.sub(r"\A<!--.*?-->\n", "", there[name], flags=re.S) != shown[name]:
            failures.append(f"{name} reads otherwise in the manual")


def check_pages():
    for page in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        for text in re.findall(r"^```xml\n(.*?)^```$", page.read_text(), re.M | re.S):
            with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
                file.write(text)
                file.flush()
                run = subprocess.run([tool, file.name], capture_output=True, text=True)
            if run.returncode:
                failures.append(f"{page.name} shows what the parser refuses: {run.stdout}")


manual = (root / "docs/bonsai.xml.5").read_text()
sources = {"the parser": names_of_parser(), "the schema": names_of_schema(),
           "the manual": names_of_manual(manual)}
everything = set().union(*sources.values())
for source, names in sources.items():
    for name in sorted(everything - names):
        failures.append(f"{source} does not have {' '.join(map(str, name))}")
check_examples(manual)
check_pages()
print(*failures, sep="\n", end="\n" if failures else "")
print(f"{len(everything)} passed, 0 failed" if not failures else
      f"0 passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
