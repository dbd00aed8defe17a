#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds "bonsai run --print-xml" to the XML that a root image and its options stand for.

check-print-xml.py BONSAI ROOT [--write]: every case's text is in test/golden/print-xml,
and is read back: "bonsai plan" says the same of the XML as of the command line, in another
folder than the one that the command line was typed in. --write makes the text anew.
"""

import os
import pathlib
import re
import shlex
import struct
import subprocess
import sys
import tempfile

import expected

program = pathlib.Path(sys.argv[1]).resolve()
expected_path = pathlib.Path(sys.argv[2]).resolve() / "test/golden/print-xml"
write = sys.argv[3:] == ["--write"]
KIB, MIB = 1 << 10, 1 << 20

# The host that the plan is for, and the words of the command line.
CASES = [
    ("arm64", "alpine.img"),
    ("arm64", "--init=/bin/sh --mem=32M --cpus=2 alpine.img"),
    ("arm64", "--mem 64 --append 'quiet greeting=\"a <b> & c\"' alpine.img"),
    ("arm64", "--net user --disk tools.squashfs --disk data.img web.erofs"),
    ("arm64", "--net tap:tap0 --kernel other/Image --initrd initrd.img web.squashfs"),
    ("arm64", "--net none --name web --set cpu_count=3 --set on_crash=restart web.erofs"),
    ("arm64", "--rom-dir other --kernel Image alpine.img"),
    ("arm64", "'odd name.v1.img'"),
    ("arm64", "--share other:src --share a:b:data web.erofs"),
    ("armv7", "--kernel other/zImage alpine.img"),
    ("x86_64", "--kernel other/bzImage --init=/bin/sh --mem=48M alpine.img"),
    ("x86_64", "--kernel other/bzImage --net user web.squashfs"),
    ("x86_64", "--kernel other/bzImage --acpi=no web.squashfs"),
]


def arm64_image():
    return struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0, 2 * MIB, 2, 0, 0, 0, b"ARM\x64",
                       0) + bytes(64 * KIB)


def zimage():
    head = struct.pack("<9I6I", *[0xe1a00000] * 9, 0x016f2818, 0, 64 * KIB, 0x04030201,
                       0x45454545, 60)
    head += struct.pack("<7I", 5, 0x5a534c4b, 84, 64 * KIB, 0x8000, 0, 1 * MIB)
    return head + bytes(64 * KIB - len(head))


def bzimage():
    image = bytearray(5 * 512 + 32 * KIB)
    struct.pack_into("<BHI", image, 0x1f1, 4, 0, 2 * KIB)
    struct.pack_into("<HBB4sH", image, 0x1fe, 0xaa55, 0xeb, 106, b"HdrS", 0x20f)
    image[0x211] = 1
    struct.pack_into("<IIBBHI", image, 0x22c, 0x7fffffff, 2 * MIB, 1, 21, 1, 2047)
    struct.pack_into("<QI", image, 0x258, 16 * MIB, 20 * MIB)
    return bytes(image)


def superblock(offset, magic):
    return bytes(offset) + magic + bytes(4096 - offset - len(magic))


FILES = {
    "linux": arm64_image(), "other/Image": arm64_image(), "other/zImage": zimage(),
    "other/bzImage": bzimage(), "initrd.img": b"070701" + bytes(1000),
    "alpine.img": superblock(0x438, b"\x53\xef"),
    "odd name.v1.img": superblock(0x438, b"\x53\xef"),
    "data.img": bytes(4096), "tools.squashfs": superblock(0, b"hsqs"),
    "web.squashfs": superblock(0, b"hsqs"), "web.erofs": superblock(1024, b"\xe2\xe1\xf5\xe0"),
}


def run(words, folder, **more):
    # The kernel of the person who runs the test is none of its business.
    env = {name: value for name, value in os.environ.items() if name != "BONSAI_KERNEL"}
    return subprocess.run([program, *words], cwd=folder, text=True, env=env, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, **more)


def plan(arch, words, folder, here):
    done = run(["plan", "--host", f"arch={arch}", *words], folder)
    # What a plan says beside the machine: the file and its lines, which are the same.
    return done.returncode, re.sub(r"(command line|[^\s(]*vm\.xml)", "FILE",
                                   (done.stdout + done.stderr).replace(f"{here}/", ""))


def main():
    failures, parts = [], []
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name).resolve()
        folder, elsewhere = base / "here", base / "elsewhere"
        (folder / "other").mkdir(parents=True)
        elsewhere.mkdir()
        (folder / "a:b").mkdir()
        for file, content in FILES.items():
            (folder / file).write_bytes(content)
        for arch, line in CASES:
            words = shlex.split(line)
            done = run(["run", "--print-xml", *words], folder)
            parts.append(f"$ bonsai run --print-xml {line}\n"
                         f"{done.stdout}{done.stderr}[{done.returncode}]\n")
            (elsewhere / "vm.xml").write_text(done.stdout)
            roms = ["--rom-dir", folder / "other"] if "--rom-dir" in words else []
            back = plan(arch, [*roms, "vm.xml"], elsewhere, folder)
            if back[0] or back != plan(arch, words, folder, folder):
                failures.append(f"{line}: the XML means something else: {back[1]}")
        text = "\n".join(parts).replace(str(folder), "/HERE")
    return expected.compare(text, expected_path, write, failures)


sys.exit(main())
