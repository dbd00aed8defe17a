# SPDX-License-Identifier: Apache-2.0
"""Compares what a test's cases say, a blank line between them, with the file that has what
they are to say."""


def compare(text, path, write, failures):
    """Prints failures and what differs, then the totals; the exit status. With write the
    file becomes what is said now."""
    if write:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    wanted = path.read_text(encoding="utf-8").split("\n\n")
    got = text.split("\n\n")
    failures += [f"says now:\n{new}\ninstead of:\n{old}"
                 for old, new in zip(wanted, got) if old.strip() != new.strip()]
    if len(wanted) != len(got):
        failures.append(f"{len(got)} cases, {len(wanted)} in {path}")
    print(*failures, sep="\n", end="\n" if failures else "")
    print(f"{max(len(got) - len(failures), 0)} passed, {len(failures)} failed")
    return 1 if failures else 0
