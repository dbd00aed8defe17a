#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The text console of a guest, beside pictures of it.

usage: console.py last TOLD
       console.py says TOLD LINE...
       console.py shows TOLD PICTURE DUMP

TOLD is what the guest says on its serial line, where test/screen/watch tells the text on its
screen. last: its last line, if that is a prompt. says: whether that text ends with these lines. shows: whether the picture is that
text, and is what `bonsai screendump` made of the guest's frame at the same time. Exit status 1
with what is not so.
"""
import base64
import binascii
import pathlib
import sys

import PIL.Image
import PIL.ImageChops

CELL = (8, 16)
LIT = 96        # text is brighter than that
TOLERANCE = 48  # JPEG is what browsers may be sent


class Console:
    """What the guest told last."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def rows(self):
        """The rows of text; none before the guest has told any."""
        lines = self.path.read_bytes().split(b"\n")[:-1]
        for line in reversed(lines):
            words = line.split()
            if len(words) != 3 or words[0] != b"screen" or not words[1].isdigit():
                continue
            try:
                text = base64.b64decode(words[2], validate=True).decode("latin1")
            except binascii.Error:
                continue
            columns = int(words[1])
            return [text[at:at + columns] for at in range(0, len(text), columns)]
        return []

    def lines(self):
        """Without what is blank, to the right and below."""
        rows = [row.rstrip() for row in self.rows()]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def last_line(self):
        return (self.lines() or [""])[-1]


def cells(picture, rows, hidden):
    """Each visible character and where it is; the corners of hidden are pixels."""
    for y, row in enumerate(rows):
        for x, letter in enumerate(row):
            box = (x * CELL[0], y * CELL[1], (x + 1) * CELL[0], (y + 1) * CELL[1])
            if box[2] > picture.width or box[3] > picture.height:
                raise ValueError(f"{picture.width}x{picture.height} has no room for the text")
            if not (hidden and box[0] < hidden[2] and box[2] > hidden[0] and
                    box[1] < hidden[3] and box[3] > hidden[1]):
                yield letter, box


def text_differs(picture, rows, hidden=None):
    """Why the picture is not this text; None if it is. A letter looks the same wherever it is,
    and like no other letter, but for one place: the cursor blinks."""
    lit = picture.convert("L").point(lambda level: 255 if level > LIT else 0)
    looks = {}
    for letter, box in cells(lit, rows, hidden):
        looks.setdefault(letter, {}).setdefault(lit.crop(box).tobytes(), []).append(box)
    if len(looks) < 2:
        return "there is no text"
    odd, letter_of = [], {}
    for letter, places in looks.items():
        usual = max(places, key=lambda look: len(places[look]))
        odd += [(letter, box) for look in places if look != usual for box in places[look]]
        if usual in letter_of:
            return f"{letter!r} looks like {letter_of[usual]!r}"
        letter_of[usual] = letter
    if len(odd) > 1:
        return f"{len(odd)} letters differ from others of their kind, the first is {odd[0]}"
    return None


def picture_differs(picture, dump, rows, hidden=None):
    """Where the pictures differ in more than the cursor; None if nowhere."""
    if picture.size != dump.size:
        return f"the sizes are {picture.size} and {dump.size}"
    difference = PIL.ImageChops.difference(picture, dump)
    odd = [(letter, box) for letter, box in cells(picture, rows, hidden)
           if any(most > TOLERANCE for _, most in difference.crop(box).getextrema())]
    if len(odd) > 1:
        return f"{len(odd)} letters differ from the guest's frame, the first is {odd[0]}"
    return None


def main():
    what, told, *rest = sys.argv[1:]
    console = Console(told)
    if what == "last":
        if not console.last_line().endswith("#"):
            sys.exit(1)
        print(console.last_line())
        return
    if what == "says":
        if console.lines()[-len(rest):] != rest:
            sys.exit(1)
        return
    picture, dump = (PIL.Image.open(path).convert("RGB") for path in rest)
    rows = console.rows()
    wrong = text_differs(picture, rows) or picture_differs(picture, dump, rows)
    if wrong:
        sys.exit(wrong)


if __name__ == "__main__":
    main()
