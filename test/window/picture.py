#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at a window in a picture of the whole screen, as xwd(1) makes it.

usage: test/window/picture.py SCREEN.xwd [--png FILE] [--crop X Y WIDTH HEIGHT]
                                          [--window X Y WIDTH HEIGHT [--cursor X Y]]
                                          [--find]

Keeps the picture, or a part of it, as PNG. Of the window, every pixel is compared with the picture that
test/guest/bare/screen.c draws: red x, green y, blue x ^ y, each modulo 256. Exit status 1
with the first pixel that differs. With --cursor it has a cursor there, of up to 64 pixels, which
is seen. --find prints the place of that picture, a number a line.
"""
import argparse
import pathlib
import struct
import sys
import zlib


def read_xwd(data):
    """Width, height and rows of bytes, each pixel blue, green, red."""
    (header_bytes, _, pixmap_format, _, width, height, _, byte_order, _, _, _,
     bits, row_bytes, _, *masks) = struct.unpack(">17I", data[:68])
    start = header_bytes + 12 * struct.unpack(">I", data[76:80])[0]
    step = bits // 8
    if (pixmap_format, byte_order, masks) != (2, 0, [0xff0000, 0xff00, 0xff]) or step < 3:
        sys.exit("the screen is not of pixels of three colours, lowest byte first")

    def row(y):
        line = data[start + y * row_bytes:start + y * row_bytes + step * width]
        out = bytearray(3 * width)
        out[0::3], out[1::3], out[2::3] = line[0::step], line[1::step], line[2::step]
        return bytes(out)

    return width, height, [row(y) for y in range(height)]


def write_png(path, width, height, rows):
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body +
                struct.pack(">I", zlib.crc32(kind + body)))

    def rgb(row):
        out = bytearray(row)
        out[0::3], out[2::3] = row[2::3], row[0::3]
        return b"\0" + bytes(out)

    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" +
        chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(b"".join(map(rgb, rows)), 6)) + chunk(b"IEND", b""))


def compare(rows, left, top, width, height, cursor):
    covered = 0
    for y in range(height):
        row = rows[top + y]
        for x in range(width):
            seen = tuple(row[3 * (left + x):3 * (left + x) + 3])
            wanted = ((x ^ y) & 255, y & 255, x & 255)
            if seen == wanted:
                continue
            if not cursor or abs(x - cursor[0]) > 64 or abs(y - cursor[1]) > 64:
                sys.exit(f"pixel {x},{y}: blue, green, red are {seen} instead of {wanted}")
            covered += 1
    if cursor and not covered:
        sys.exit("there is no cursor")


def find(rows):
    start = b"".join(bytes((x, 0, x)) for x in range(256))
    for y, row in enumerate(rows):
        at = row.find(start)
        if at >= 0:
            print(at // 3, y, sep="\n")
            return
    sys.exit("the picture is nowhere")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("screen", type=pathlib.Path)
    parser.add_argument("--png", type=pathlib.Path)
    parser.add_argument("--crop", type=int, nargs=4)
    parser.add_argument("--window", type=int, nargs=4)
    parser.add_argument("--cursor", type=int, nargs=2)
    parser.add_argument("--find", action="store_true")
    options = parser.parse_args()
    width, height, rows = read_xwd(options.screen.read_bytes())
    if options.png:
        left, top, columns, lines = options.crop or (0, 0, width, height)
        part = [row[3 * left:3 * (left + columns)] for row in rows[top:top + lines]]
        write_png(options.png, columns, lines, part)
    if options.find:
        find(rows)
    if options.window:
        compare(rows, *options.window, options.cursor)


main()
