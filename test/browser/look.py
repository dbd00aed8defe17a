#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sits in front of a VM with a browser.

usage: test/browser/look.py URL FOLDER

A headless Chromium opens noVNC's page at URL. What it shows has to be the picture that
test/guest/bare/screen.c draws, at the size of the page; then it moves the mouse, types an I,
and the picture has to become its opposite; then it types a Q. FOLDER gets a screenshot of
each picture. Prints "ok WHAT" for each that held; exit status 1 with what did not.
"""
import base64
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import PIL.Image
import websocket

WIDTH, HEIGHT = 800, 600
PATIENCE_S = 120
# JPEG is what browsers are sent; noVNC's own handle lies over the left edge.
TOLERANCE, SHARE = 48, 0.9
LEFT = 40


class Page:
    """A page of a Chromium, by its DevTools protocol."""

    def __init__(self, folder):
        self.browser = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--remote-debugging-port=0", "--remote-allow-origins=*",
             f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.count = 0
        address = self.wait_for_address(pathlib.Path(folder) / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://{address}/json/list", timeout=30) as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        self.socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=60)
        self.ask("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT,
                 deviceScaleFactor=1, mobile=False)

    def wait_for_address(self, path):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.browser.poll() is None:
            if path.exists() and path.read_text().count("\n"):
                return "127.0.0.1:" + path.read_text().split("\n")[0]
            time.sleep(0.2)
        sys.exit("the browser does not start")

    def ask(self, method, **parameters):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.count:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]

    def value(self, script):
        return self.ask("Runtime.evaluate", expression=script)["result"].get("value")

    def picture(self):
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        return PIL.Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")

    def move(self, x, y):
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def type(self, letter):
        for kind in ("rawKeyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=letter, code="Key" + letter.upper(),
                     windowsVirtualKeyCode=ord(letter.upper()))

    def close(self):
        self.socket.close()
        self.browser.terminate()
        self.browser.wait()


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
    share = 0
    while share < SHARE and time.monotonic() < end:
        picture = page.picture()
        share = share_of(picture, opposite)
    picture.save(path)
    if share < SHARE:
        sys.exit(f"FAILED {what}: {share:.0%} of it are right, see {path}")
    print(f"ok {what} ({share:.0%} of the pixels)", flush=True)


def look(page, url, folder):
    page.ask("Page.navigate", url=url)
    connected = "document.documentElement.classList.contains('noVNC_connected')"
    end = time.monotonic() + PATIENCE_S
    while not page.value(connected):
        if time.monotonic() > end:
            page.picture().save(folder / "not-connected.png")
            sys.exit(f"FAILED the page does not connect, see {folder / 'not-connected.png'}")
        time.sleep(0.5)
    print("ok the page is served, and connects", flush=True)
    expect_picture(page, False, folder / "first.png",
                   "the guest's picture follows the size of the page")
    page.move(WIDTH - 1, HEIGHT // 2)
    page.type("i")
    expect_picture(page, True, folder / "answer.png", "a key is answered")
    page.type("q")


def main():
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    profile = tempfile.mkdtemp()
    page = Page(profile)
    try:
        look(page, url, folder)
        time.sleep(1)
    finally:
        page.close()
        shutil.rmtree(profile, ignore_errors=True)


main()
