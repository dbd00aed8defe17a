#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the program's commands, its manual and its completion for shells together.

check-commands.py BONSAI ROOT: BONSAI is the program, ROOT the repository. bonsai(1) has
".It Cm NAME" for each command and ".It Fl" for each long option; the completion for bash,
asked as a shell would ask it, offers each command, each option of a command that its usage
names, VM files and VMs that run.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

program, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
failures = []
text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
usages = dict(re.findall(r"^  bonsai ([\w-]+) +(\S+(?: \S+)*)  ", text, re.M))
commands = re.findall(r"^  bonsai ([\w-]+) ", text, re.M)
options_of = {name: set(re.findall(r"--?[a-z][a-z-]*", usages.get(name, "")))
              for name in commands}
for name in ("run", "check", "plan", "dtb"):
    options_of[name] |= {"--rom-dir", "--set", "--name", "--config"}
for name in ("check", "plan", "dtb"):
    options_of[name] |= {"--host"}
for name in commands:
    if re.search(r"\bNAME\b", usages.get(name, "")):
        options_of[name] |= {"--socket"}


def names_in_manual():
    page = (root / "docs/bonsai.1").read_text()
    return (set(re.findall(r"^\.It Cm ([\w-]+)", page, re.M)),
            {"-" + word for line in re.findall(r"^\.It Fl .*$", page, re.M)
             for word in re.findall(r"Fl (-?[a-z-]+)", line)})


def bash_offers(words, folder):
    """What a person gets behind the words, the last of which is not whole."""
    script = (f". {root}/dist/completion/bonsai.bash\n"
              "compopt() { :; }\n"
              f"COMP_WORDS=({' '.join(repr(word) for word in words)})\n"
              f"COMP_CWORD={len(words) - 1}\n_bonsai\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n")
    run = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, cwd=folder,
                         env={**os.environ, "XDG_RUNTIME_DIR": str(folder)})
    if run.returncode or run.stderr:
        failures.append(f"bash, {words}: {run.stderr}")
    return set(run.stdout.split())


def expect(what, got, wanted):
    if wanted - got:
        failures.append(f"{what}: lacks {' '.join(sorted(wanted - got))}")


in_manual, manual_options = names_in_manual()
expect("bonsai.1", in_manual, set(commands))
expect("--help", set(commands), in_manual)
expect("bonsai.1", manual_options, set().union(*options_of.values()))
zsh = (root / "dist/completion/_bonsai").read_text()
expect("zsh", set(re.findall(r"^\t\t['\"]([\w-]+):", zsh, re.M)), set(commands))
expect("zsh", set(re.findall(r"(--?[a-z][a-z-]*)", zsh)), set().union(*options_of.values()))
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "bonsai").mkdir()
    (folder / "roms").mkdir()
    (folder / "router.xml").touch()
    (folder / "router.txt").touch()
    with socket.socket(socket.AF_UNIX) as vm:
        vm.bind(str(folder / "bonsai/router.sock"))
        offered = bash_offers(["bonsai", ""], folder)
        expect("bash", offered, {*commands, "--help", "--version"})
        expect("--help", {*commands, "--help", "--version"}, offered)
        for name in commands:
            expect(f"bash, {name}", bash_offers(["bonsai", name, "-"], folder),
                   options_of[name])
            files, vms = bash_offers(["bonsai", name, "ro"], folder), {"router"}
            if name in ("run", "check", "plan", "dtb"):
                expect(f"bash, {name}", files, {"router.xml", "roms"})
                expect(f"bash, {name}", {"router.xml", "roms"}, files)
            elif "--socket" in options_of[name]:
                expect(f"bash, {name}", files, vms)
if shutil.which("zsh"):
    run = subprocess.run(["zsh", "-n", root / "dist/completion/_bonsai"], capture_output=True,
                         text=True)
    if run.returncode:
        failures.append(f"zsh: {run.stderr}")
print(*failures, sep="\n", end="\n" if failures else "")
print(f"{len(commands)} passed, 0 failed" if not failures else f"0 passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
