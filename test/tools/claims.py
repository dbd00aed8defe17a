# SPDX-License-Identifier: Apache-2.0
"""Claims that hold or do not, one after the other, of one program of tests."""
passed, failures = 0, []


def check(name, good, detail=""):
    """Counts a claim; where it does not hold, detail says what is there instead."""
    global passed
    if good:
        passed += 1
    else:
        failures.append(f"{name}: {detail}")


def report():
    """Prints what did not hold and the totals; the program's exit status."""
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0
