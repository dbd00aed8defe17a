#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads with Bonsai what Debian's veritysetup made, in every form that it makes, and nothing
of it once a bit has changed.

check-verity.py DISK_TOOL. Exit status 77: there is no veritysetup here.
"""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from claims import check, report  # noqa: E402

TOOL = pathlib.Path(sys.argv[1]).resolve()
os.environ["PATH"] += ":/usr/sbin:/sbin"

# Blocks of data, and what veritysetup is told beyond that. In "one file" the tree follows
# the data.
FORMS = [
    ("ordinary", 700, 4096, []),
    ("one block", 1, 4096, []),
    ("no salt", 300, 4096, ["--salt=-"]),
    ("long salt", 300, 4096, ["--salt=" + "5a" * 256]),
    ("sha512", 300, 4096, ["--hash=sha512"]),
    ("small blocks", 5000, 512, ["--data-block-size=512", "--hash-block-size=512"]),
    ("mixed blocks", 1000, 1024, ["--data-block-size=1024", "--hash-block-size=4096"]),
    ("first format", 300, 4096, ["--format=0"]),
    ("one file", 300, 4096, None),
]


def read(data, root, offset, hashes):
    return subprocess.run([TOOL, "verity", data, root, str(offset), *([hashes] if hashes else [])],
                          capture_output=True, timeout=60)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << at % 8]))


def try_form(folder, name, blocks, block_bytes, options):
    data, hashes, offset = folder / "data", folder / "hashes", 0
    content = random.Random(name).randbytes(blocks * block_bytes)
    data.write_bytes(content)
    hashes.unlink(missing_ok=True)
    if options is None:
        hashes, offset = data, len(content)
        options = [f"--hash-offset={offset}", f"--data-blocks={blocks}"]
    made = subprocess.run(["veritysetup", "format", *options, data, hashes],
                          capture_output=True, text=True, timeout=60)
    root = re.search(r"^Root hash:\s*([0-9a-f]+)$", made.stdout, re.M)
    check(f"{name}: veritysetup makes it", root, made.stderr)
    if not root:
        return
    one = None if hashes == data else hashes
    got = read(data, root[1], offset, one)
    check(f"{name}: reads it", got.returncode == 0 and got.stdout == content, got.stderr)
    spot = len(content) - 1
    flip(data, spot)
    got = read(data, root[1], offset, one)
    check(f"{name}: stops at a changed block", got.returncode in (1, 2) and
          got.stdout == content[:len(got.stdout)] and len(got.stdout) < len(content),
          f"{got.returncode}, {len(got.stdout)} bytes")
    # The one block of a disk has the root itself for a digest.
    says = (b" does not belong to this root_hash" if got.returncode == 1 else
            b" is not what its digest says; the guest gets an error\n")
    check(f"{name}: says so in one line",
          got.stderr.count(b"\n") == 1 and says in got.stderr, got.stderr)
    flip(data, spot)
    wrong = ("0" if root[1][0] != "0" else "1") + root[1][1:]
    got = read(data, wrong, offset, one)
    check(f"{name}: refuses another root", got.returncode == 1 and not got.stdout and
          b"does not belong to this root_hash" in got.stderr, got.stderr)


if not shutil.which("veritysetup"):
    print("skipped: no veritysetup here (Debian: cryptsetup-bin)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as temp:
    for form in FORMS:
        try_form(pathlib.Path(temp), *form)
sys.exit(report())
