# SPDX-License-Identifier: Apache-2.0
"""A page of a headless Chromium, as a person has it in front of them."""
import base64
import io
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

import PIL.Image
import websocket

WIDTH, HEIGHT = 800, 600
PATIENCE_S = 300
SHIFTED = {"$": "4", "(": "9", ")": "0", "*": "8"}
NAMED = {" ": ("Space", 32), "-": ("Minus", 189)}


def place_of(letter):
    """The name of its key, and Windows' number."""
    if letter in NAMED:
        return NAMED[letter]
    return ("Digit" if letter.isdigit() else "Key") + letter.upper(), ord(letter.upper())


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
        with urllib.request.urlopen(f"http://{address}/json/list", timeout=PATIENCE_S) as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        self.socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=PATIENCE_S)
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

    def key(self, kind, key, code, number, modifiers=0):
        self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=code,
                 windowsVirtualKeyCode=number, modifiers=modifiers)

    def press(self, key, code, number, modifiers=0):
        self.key("rawKeyDown", key, code, number, modifiers)
        self.key("keyUp", key, code, number, modifiers)

    def press_with(self, modifier, *key):
        name, number, bit = {"Shift": ("ShiftLeft", 16, 8), "Control": ("ControlLeft", 17, 2)}[modifier]
        self.key("rawKeyDown", modifier, name, number, bit)
        self.press(*key, bit)
        self.key("keyUp", modifier, name, number)

    def type(self, text):
        """As on an American keyboard."""
        for letter in text:
            if letter == "\n":
                self.press("Enter", "Enter", 13)
            elif letter in SHIFTED:
                self.press_with("Shift", letter, *place_of(SHIFTED[letter]))
            else:
                self.press(letter, *place_of(letter))

    def connect(self, url, folder):
        """Opens noVNC's page, and waits until it has the guest's screen."""
        self.ask("Page.navigate", url=url)
        connected = "document.documentElement.classList.contains('noVNC_connected')"
        end = time.monotonic() + PATIENCE_S
        while not self.value(connected):
            if time.monotonic() > end:
                self.picture().save(folder / "not-connected.png")
                sys.exit(f"FAILED the page does not connect, see {folder / 'not-connected.png'}")
            time.sleep(0.5)
        print("ok the page is served, and connects", flush=True)

    def close(self):
        self.socket.close()
        self.browser.terminate()
        self.browser.wait()
