#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds bonsai-mkkernel and the fragments of config/kernel to their word, on a source tree that
only looks like Linux's: its make keeps and drops options, and builds files of one line.

check-mkkernel.py ROOT. Exit status 77: a program that builds kernels is not installed.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from at_terminal import watch  # noqa: E402
from claims import check, report  # noqa: E402

ROOT = pathlib.Path(sys.argv[1]).resolve()
FRAGMENTS = {path.stem: path.read_text() for path in (ROOT / "config/kernel").glob("*.config")}
# Options of this test's own: one needs another that is off, one is dropped, one stays on.
MAKEFILE = """\
allnoconfig:
\tgrep -v -e CONFIG_DROPPED -e CONFIG_STAYS -e CONFIG_VMGENID $(KCONFIG_ALLCONFIG) >$(O)/.config
\techo CONFIG_STAYS=y >>$(O)/.config
vmlinux:
\tcp $(shell which true) $(O)/vmlinux
%mage:
\t@[ ! -p gate ] || { echo "  CC      init/main.o"; cat gate; }
\t@! grep -q CONFIG_BREAKS $(O)/.config || { echo "error: it breaks"; exit 1; }
\tmkdir -p $(O)/arch/$(ARCH)/boot
\techo $@ of $(ARCH) >$(O)/arch/$(ARCH)/boot/$@
"""


def options(text):
    return [re.sub(r"^# (CONFIG_\w+) is not set$", r"\1", line).partition("=")[0]
            for line in text.splitlines() if re.match(r"(# )?CONFIG_", line)]


def fragments():
    line = re.compile(r"(CONFIG_[A-Z0-9_]+=(y|[0-9]+|0x[0-9a-f]+)( # optional)?"
                      r"|# CONFIG_[A-Z0-9_]+ is not set|#( .*)?|)")
    check("fragments", sorted(FRAGMENTS) == ["arm64", "armhf", "base", "x86_64"], f"{FRAGMENTS}")
    for name, text in FRAGMENTS.items():
        for number, found in enumerate(text.splitlines(), 1):
            check("form", line.fullmatch(found), f"{name}.config:{number}: {found}")
        both = options(text) + (options(FRAGMENTS["base"]) if name != "base" else [])
        twice = sorted({option for option in both if both.count(option) > 1})
        check("said once", not twice, f"{name}.config: {twice}")


def run(base, *words):
    return subprocess.run([ROOT / "tools/bonsai-mkkernel", *words], cwd=base, text=True,
                          capture_output=True, timeout=60, check=False)


def refused(base, name, status, text, *words):
    before = sorted(path.name for path in base.iterdir())
    done = run(base, *words)
    check(name, done.returncode == status and text in done.stderr and not done.stdout,
          f"status {done.returncode}: {done.stderr}")
    left = {path.name for path in base.iterdir()} - set(before)
    check(f"{name}: nothing is left", left <= {"out.log"}, f"{left}")


def builds(base):
    (base / "tree/scripts").mkdir(parents=True)
    for name, text in (("Makefile", MAKEFILE), ("Kconfig", ""), ("scripts/Makefile.build", "")):
        (base / "tree" / name).write_text(text)
    arch = {"x86_64": ("x86", "bzImage"), "aarch64": ("arm64", "Image")}
    linux_arch, image = arch[subprocess.run(["uname", "-m"], capture_output=True,
                                            text=True, check=True).stdout.strip()]
    done = run(base, "tree", "-o", "out", "--vmlinux", "elf", "--config-output", "config")
    check("builds", done.returncode == 0, done.stderr)
    check("the image", (base / "out").read_text() == f"{image} of {linux_arch}\n")
    check("the ELF file", (base / "elf").read_bytes()[:4] == b"\x7fELF")
    config = (base / "config").read_text()
    check("the options", "CONFIG_VIRTIO_MMIO=y\n" in config and "optional" not in config, config)
    for path in ("out", "elf", "config"):
        (base / path).unlink()
    (base / "mine").write_text("CONFIG_MODULES=y\nCONFIG_VIRTIO_NET=n\n")
    done = run(base, "--config=mine", "-o", "out", "--config-output", "config", "tree")
    config = (base / "config").read_text()
    check("own options come last", done.returncode == 0 and "CONFIG_MODULES=y" in config and
          "CONFIG_VIRTIO_NET=y" not in config, done.stderr)
    (base / "out").unlink()
    for text, said in (("CONFIG_DROPPED=y\n", "does not take CONFIG_DROPPED=y"),
                       ("# CONFIG_STAYS is not set\n", "CONFIG_STAYS stays on"),
                       ("CONFIG_BREAKS=y\n", "it breaks")):
        (base / "mine").write_text(text)
        refused(base, said, 1, said, "--config", "mine", "-o", "out", "tree")
    refused(base, "no tree", 2, "no source tree of Linux", "-o", "out", ".")
    refused(base, "no output", 2, "-o FILE", "tree")
    refused(base, "no such arch", 2, "arm64 armhf x86_64", "--arch", "mips", "-o", "out", "tree")
    refused(base, "no such option", 2, "there is no option --frob", "--frob", "-o", "out", "tree")
    refused(base, "no such fragment", 2, "cannot be read", "--config", "none", "-o", "out",
            "tree")
    refused(base, "nowhere to write", 1, "", "-o", "none/out", "tree")


def tells_progress(base):
    gate = base / "tree/gate"
    os.mkfifo(gate)
    status, shown = watch([ROOT / "tools/bonsai-mkkernel", "tree", "-o", "out"], " s\x1b[K\r",
                          lambda: gate.write_text("open"), cwd=base)
    # A busy machine skips seconds.
    told = re.search(r"\r\d+ steps done, [1-9]\d* s\x1b\[K\r", shown)
    check("progress", status == 0 and told and shown.endswith("\r\x1b[K"),
          f"status {status}: {shown!r}")


def main():
    fragments()
    for tool in ("make", "flex", "bison", "bc", "gcc"):
        if not shutil.which(tool):
            print(f"{tool} is not installed")
            return 77
    with tempfile.TemporaryDirectory() as name:
        builds(pathlib.Path(name))
        tells_progress(pathlib.Path(name))
    return report()


sys.exit(main())
