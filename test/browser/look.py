#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sits in front of a VM with a browser.

usage: test/browser/look.py URL FOLDER [TALK]

A headless Chromium opens noVNC's page at URL. FOLDER gets a screenshot of each picture. Prints
"ok WHAT" for each that held; exit status 1 with what did not.

Without TALK, the page has to show the picture that test/guest/bare/screen.c draws, at the size
of the page; then a person moves the mouse, types an I, and the picture has to become its
opposite; then types a Q.

With TALK the guest is Linux with a shell on its screen, at the size of the page: a command is
typed, and the page has to show the answer. In the folder TALK, "out" is where the guest tells
its text (test/screen/watch); a line in the pipe "asks" has what `bonsai screendump` makes
appended to "dumps", in base64.
"""
import base64
import binascii
import io
import pathlib
import shutil
import sys
import tempfile
import time

import PIL.Image

from page import HEIGHT, PATIENCE_S, WIDTH, Page

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "screen"))
from console import Console, picture_differs, text_differs  # noqa: E402

# JPEG is what browsers are sent; noVNC's own handle lies over the left edge.
TOLERANCE, SHARE = 48, 0.9
LEFT = 40
HANDLE = (0, HEIGHT // 2 - 100, LEFT, HEIGHT // 2 + 100)
ANSWER = "0123456789 42"


def share_of(picture, opposite):
    """How much of it is what the guest draws."""
    flip = 255 if opposite else 0
    places = [(x, y) for x in range(LEFT, WIDTH, 7) for y in range(0, HEIGHT, 5)]
    good = 0
    for x, y in places:
        wanted = (x & 255 ^ flip, y & 255 ^ flip, (x ^ y) & 255 ^ flip)
        seen = picture.getpixel((x, y))
        good += all(abs(a - b) <= TOLERANCE for a, b in zip(seen, wanted))
    return good / len(places)


def expect_picture(page, opposite, path, what):
    end = time.monotonic() + PATIENCE_S
    share = share_of(picture := page.picture(), opposite)
    while share < SHARE and time.monotonic() < end:
        time.sleep(0.5)
        share = share_of(picture := page.picture(), opposite)
    picture.save(path)
    if share < SHARE:
        sys.exit(f"FAILED {what}: {share:.0%} of it are right, see {path}")
    print(f"ok {what} ({share:.0%} of the pixels)", flush=True)


def look(page, folder):
    expect_picture(page, False, folder / "first.png",
                   "the guest's picture follows the size of the page")
    page.move(WIDTH - 1, HEIGHT // 2)
    page.type("i")
    expect_picture(page, True, folder / "answer.png", "a key is answered")
    page.type("q")


def comes(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def wait_until(condition, seconds, what):
    if not comes(condition, seconds):
        sys.exit(f"FAILED {what}")


def type_pieces(page, console, line):
    """What a guest that is not scheduled has no room for is lost, as with any keyboard. False
    where something else is on the screen."""
    typed = console.last_line() + " "
    for start in range(0, len(line), 4):
        page.type(line[start:start + 4])
        typed += line[start:start + 4]
        if not comes(lambda: console.last_line() == typed.rstrip(), PATIENCE_S / 3):
            return False
    return True


def type_line(page, console, line):
    prompt = console.last_line()
    for _ in range(5):
        if type_pieces(page, console, line):
            page.type("\n")
            return
        print(f"-- instead of {line}: {console.last_line()}", flush=True)
        page.press_with("Control", "u", "KeyU", ord("U"))
        wait_until(lambda: console.last_line() == prompt, PATIENCE_S, "the line becomes empty")
    sys.exit("FAILED what is typed arrives")


def dump(talk):
    """The guest's frame, by `bonsai screendump`; None if it did not come whole."""
    path = talk / "dumps"
    before = path.stat().st_size
    with open(talk / "asks", "w", encoding="ascii") as pipe:
        pipe.write("dump\n")
    wait_until(lambda: path.read_bytes()[before:].endswith(b"\n"), PATIENCE_S, "a screendump")
    try:
        return PIL.Image.open(io.BytesIO(base64.b64decode(path.read_bytes()[before:]))).convert("RGB")
    except (binascii.Error, OSError) as error:
        print(f"-- {error}")
        return None


def expect_text(page, console, talk, path, what):
    """The page, the guest's text and the guest's frame say the same."""
    end = time.monotonic() + PATIENCE_S
    while True:
        rows, picture, frame = console.rows(), page.picture(), dump(talk)
        picture.save(path)
        wrong = text_differs(picture, rows, HANDLE) or (
            picture_differs(picture, frame, rows, HANDLE) if frame else "there is no frame")
        if not wrong:
            break
        if time.monotonic() > end:
            sys.exit(f"FAILED {what}: {wrong}, see {path}")
        time.sleep(1)
    print(f"ok {what}", flush=True)


def use_console(page, folder, talk):
    console = Console(talk / "out")
    wait_until(lambda: console.last_line().endswith("#"), PATIENCE_S, "a prompt on the screen")
    expect_text(page, console, talk, folder / "first.png", "the page is the guest's text console")
    page.move(WIDTH - 1, HEIGHT // 2)
    type_line(page, console, f"echo {ANSWER.split()[0]} $((6*7))")
    wait_until(lambda: ANSWER in console.lines() and console.last_line().endswith("#"), PATIENCE_S,
               "the guest answers")
    expect_text(page, console, talk, folder / "answer.png", "a command is answered on the page")
    type_line(page, console, "poweroff -f")


def main():
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    profile = tempfile.mkdtemp()
    page = Page(profile)
    try:
        page.connect(url, folder)
        if len(sys.argv) > 3:
            use_console(page, folder, pathlib.Path(sys.argv[3]))
        else:
            look(page, folder)
        time.sleep(1)
    finally:
        page.close()
        shutil.rmtree(profile, ignore_errors=True)


main()
