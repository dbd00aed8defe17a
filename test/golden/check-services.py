#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at what is installed for systemd, as far as that goes without running it.

check-services.py TOOL UNIT ROOT: TOOL is the built config_tool, UNIT the built
bonsai@.service, ROOT the repository. systemd takes the units and finds them as closed as a
unit with KVM can be (where it is installed); the parser and the schema take the example of
two VMs; docs/services.md names each of its files.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

tool, unit, root = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]).resolve()
EXPOSURE_MAX = 4.0
failures = []
passed = 0


def run(what, *words):
    global passed
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode or "verify" in words and done.stderr:
        failures.append(f"{what}: {done.stdout}{done.stderr}")
    passed += not done.returncode
    return done.stdout


example = root / "config/examples/two-vms"
for path in sorted(example.iterdir()):
    if f"`{path.name}`" not in (root / "docs/services.md").read_text():
        failures.append(f"docs/services.md does not name {path.name}")
    if path.suffix == ".xml":
        run(path.name, tool, path)
        run(path.name, "xmllint", "--nonet", "--noout", "--schema", root / "config/bonsai.xsd",
            path)
    elif not re.match(rf"# /etc/systemd/network/{path.name}: ", path.read_text()):
        failures.append(f"{path.name} does not say where it goes")

if shutil.which("systemd-analyze"):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # What it starts need not be on this machine.
        text = re.sub(r"^(Exec\w+=-?)\S+", r"\1/bin/true", unit.read_text(), flags=re.M)
        (folder / "bonsai@web.service").write_text(text)
        shutil.copy(root / "dist/systemd/bonsai.target", folder)
        shutil.copy(root / "dist/systemd/bonsai@.socket", folder / "bonsai@web.socket")
        run("units", "systemd-analyze", "verify", "--man=no", folder / "bonsai@web.service",
            folder / "bonsai@web.socket", folder / "bonsai.target")
        said = run("security", "systemd-analyze", "--no-pager", "security", "--offline=yes",
                   folder / "bonsai@web.service")
        exposure = re.search(r"exposure level for \S+: ([\d.]+)", said)
        if not exposure or float(exposure[1]) > EXPOSURE_MAX:
            failures.append(f"the exposure is {exposure and exposure[1]}, allowed: up to "
                            f"{EXPOSURE_MAX}")
else:
    print("skipped: there is no systemd-analyze")
print(*failures, sep="\n", end="\n" if failures else "")
print(f"{passed} passed, 0 failed" if not failures else f"0 passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
