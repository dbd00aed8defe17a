#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the parser, the schema and the samples of the language together.

check-config.py TOOL ROOT: TOOL is the built config_tool, ROOT the repository.

  config/examples, test/golden/config/good: both accept
  test/golden/config/bad-schema:            both refuse
  test/golden/config/bad-rule:              the parser refuses, XSD 1.0 cannot; each is a
                                            line of config/beyond-xsd.txt

Each bad sample has its exact messages beside it in NAME.err; "--write" as a third
argument makes them anew, for review as text.
"""

import pathlib
import subprocess
import sys

tool = pathlib.Path(sys.argv[1]).resolve()
root = pathlib.Path(sys.argv[2]).resolve()
write = sys.argv[3:] == ["--write"]
schema = root / "config/bonsai.xsd"
samples = root / "test/golden/config"
failures = []


def parser_says(path):
    run = subprocess.run([tool, path.name], cwd=path.parent, capture_output=True,
                         text=True, timeout=60)
    if run.returncode not in (0, 2) or run.stderr:
        failures.append(f"{path}: the parser ended with {run.returncode}: {run.stderr}")
    return run.returncode == 0, run.stdout


def accepted_by_schema(paths):
    run = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, *paths],
                         capture_output=True, text=True, timeout=60)
    lines = run.stderr.splitlines()
    if run.returncode not in (0, 1, 3, 4):
        failures.append(f"xmllint ended with {run.returncode}: {run.stderr}")
    return {path for path in paths if f"{path} validates" in lines}


def check(path, parser):
    accepted, messages = parser_says(path)
    if accepted != parser:
        failures.append(f"{path}: the parser {'accepts' if accepted else 'refuses'} it: "
                        f"{messages}")
    if parser:
        return
    expected = path.with_suffix(".err")
    if write:
        expected.write_text(messages)
    elif not expected.exists() or expected.read_text() != messages:
        failures.append(f"{expected}: the parser says\n{messages}")


def check_rules(folder):
    lines = [line for line in (root / "config/beyond-xsd.txt").read_text().splitlines()
             if line and not line.startswith("#")]
    named = [line.split(":")[0] for line in lines]
    for line in lines:
        if not line.partition(": ")[2]:
            failures.append(f"beyond-xsd.txt: no rule in {line!r}")
    present = sorted(path.stem for path in folder.glob("*.xml"))
    for name in sorted(set(named) ^ set(present)):
        failures.append(f"beyond-xsd.txt and {folder.name}/ do not agree on {name}")
    if named != sorted(set(named)):
        failures.append("beyond-xsd.txt is not sorted, or names a sample twice")


count = 0
for folder, parser, by_schema in (
        (root / "config/examples", True, True), (samples / "good", True, True),
        (samples / "bad-schema", False, False), (samples / "bad-rule", False, True)):
    paths = sorted(folder.glob("*.xml"))
    if not paths:
        failures.append(f"{folder}: no samples")
    accepted = accepted_by_schema(paths)
    for path in paths:
        if (path in accepted) != by_schema:
            failures.append(f"{path}: the schema "
                            f"{'accepts' if path in accepted else 'refuses'} it")
        check(path, parser)
        count += 1
    for left in folder.glob("*.err"):
        if not left.with_suffix(".xml").exists():
            failures.append(f"{left}: no sample has these messages")
check_rules(samples / "bad-rule")
print(*failures, sep="\n", end="\n" if failures else "")
print(f"{count} passed, 0 failed" if not failures else f"0 passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
