#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the source of ACPI tables, and holds iasl to it.

usage: acpi-source.py TABLES

TABLES are as a guest finds them at 0xe0000, the RSDP first. Each is disassembled and
compiled again: any remark of iasl is a failure, and so are other bytes than before, but
for those where iasl writes its own name. The source comes without comments, which differ
from one version of iasl to the next, and without fields that are zero. Exit status 77:
there is no iasl.
"""
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

GPA = 0xE0000
# Of the header: checksum; revision, name and revision of who made the table.
NOT_COMPARED = [range(9, 10), range(28, 36)]


def table_at(blob, gpa):
    start = gpa - GPA
    length, = struct.unpack_from("<I", blob, start + 4)
    return blob[start:start + length]


def tables(blob):
    """Those that the RSDP leads to, by name."""
    xsdt = table_at(blob, struct.unpack_from("<Q", blob, 24)[0])
    found = {"XSDT": xsdt}
    for gpa, in struct.iter_unpack("<Q", xsdt[36:]):
        table = table_at(blob, gpa)
        found[table[:4].decode()] = table
    found["DSDT"] = table_at(blob, struct.unpack_from("<Q", found["FACP"], 140)[0])
    return found


def iasl(*args):
    done = subprocess.run(["iasl", *args], capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode or re.search(r"^(Error|Warning|Remark)|[1-9]\d* (Errors|Warnings|Remarks)",
                                    said, re.M):
        sys.exit(f"iasl {' '.join(args)}: {said}")


def without_name(table):
    return bytes(byte for i, byte in enumerate(table)
                 if not any(i in span for span in NOT_COMPARED))


def worth_reading(line):
    return line and not re.search(r" Checksum : |^(\[| {4}).* : 0+( \[[^]]*\])?$", line)


def source(folder, name, table):
    first = folder / f"{name}.aml"
    first.write_bytes(table)
    iasl("-d", str(first))
    text = first.with_suffix(".dsl").read_text()
    again = folder / f"again-{name}"
    iasl("-p", str(again), str(first.with_suffix(".dsl")))
    if without_name(table) != without_name(again.with_suffix(".aml").read_bytes()):
        sys.exit(f"{name}: iasl makes other bytes of its own source")
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    lines = (line.rstrip() for line in text.partition("Raw Table Data")[0].splitlines())
    return "\n".join(filter(worth_reading, lines))


def main():
    if not shutil.which("iasl"):
        print("there is no iasl (package acpica-tools)", file=sys.stderr)
        sys.exit(77)
    found = tables(pathlib.Path(sys.argv[1]).read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        for name in ["XSDT", "FACP", "APIC", "DSDT"]:
            print(source(pathlib.Path(folder), name, found[name]))


main()
