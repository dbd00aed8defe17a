# SPDX-License-Identifier: Apache-2.0
"""A program whose standard error is a terminal, as a person sees it."""

import os
import pty
import subprocess


def watch(words, text, then, **options):
    """Runs it, calls then() once the terminal has shown the text, and gives its exit status and
    all that was shown. A program that ends without the text never gets there."""
    master, slave = pty.openpty()
    child = subprocess.Popen(words, stderr=slave, **options)
    os.close(slave)
    shown = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:  # the last who had the terminal is gone
            chunk = b""
        if not chunk:
            break
        shown += chunk
        if then and text.encode() in shown:
            then()
            then = None
    os.close(master)
    return child.wait(timeout=60), shown.decode()
