#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a window to close, as a window manager does (ICCCM 4.2.8.1).

usage: test/window/close.py WINDOW-ID
"""
import ctypes
import sys


class ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, with the room of an XEvent."""
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong),
                ("sent", ctypes.c_int), ("display", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("message", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                ("room", ctypes.c_long * 24)]


def main():
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(xlib.XOpenDisplay(None))

    def atom(name):
        return xlib.XInternAtom(display, name, 0)

    event = ClientMessage(type=33, window=int(sys.argv[1], 0), format=32,
        message=atom(b"WM_PROTOCOLS"))
    event.data[0] = atom(b"WM_DELETE_WINDOW")
    xlib.XSendEvent(display, ctypes.c_ulong(event.window), 0, ctypes.c_long(0),
        ctypes.byref(event))
    xlib.XCloseDisplay(display)


main()
