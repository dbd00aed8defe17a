#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speaks QMP to a control socket as its specification says that clients do, and as it says that
they do not.

check-qmp.py TOOL: TOOL is the built control_tool.
"""

import json
import random
import socket
import subprocess
import sys

failures = []


def check(what, holds):
    if not holds:
        failures.append(what)


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.settimeout(20)
    return client


class Client:
    """One connection; a line is one JSON object, an answer is told from an event by its id."""

    def __init__(self, path):
        self.socket = connect(path)
        self.stream = self.socket.makefile("rb")
        self.events = []
        self.count = 0
        greeting = self.read()["QMP"]
        check("the greeting lists capabilities", isinstance(greeting["capabilities"], list))
        version = greeting["version"]["qemu"]
        check("the greeting has a version",
              all(isinstance(version[part], int) for part in ("major", "minor", "micro")))

    def read(self):
        line = self.stream.readline()
        check("a line ends in CR LF", line.endswith(b"\r\n"))
        return json.loads(line)

    def ask(self, name, **arguments):
        self.count += 1
        request = {"execute": name, "id": {"number": self.count}}
        if arguments:
            request["arguments"] = arguments
        self.socket.sendall(json.dumps(request, indent=2).encode() + b"\n")
        while True:
            answer = self.read()
            if "event" not in answer:
                break
            self.events.append(answer)
        check(f"{name} is answered with its id", answer.get("id") == request["id"])
        check(f"{name} has a result or an error", ("return" in answer) != ("error" in answer))
        return answer

    def result(self, name, **arguments):
        return self.ask(name, **arguments).get("return")

    def error(self, name, **arguments):
        error = self.ask(name, **arguments).get("error", {})
        check(f"{name} says why not", isinstance(error.get("desc"), str))
        return error.get("class")


def rest(client):
    """Until the other end has had enough; it may have left before it read all."""
    said = b""
    try:
        while chunk := client.recv(65536):
            said += chunk
    except ConnectionResetError:
        pass
    client.close()
    return said


def floods(path, piece, count):
    """How many bytes of so many equal pieces are taken, and what is said to that."""
    client, sent = connect(path), 0
    try:
        for _ in range(count):
            client.sendall(piece)
            sent += len(piece)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    return sent, rest(client)


def says(path, text):
    """What one is told who writes all that and closes its half."""
    client = connect(path)
    try:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    return rest(client)


def hostile(path, witness):
    """Another client, which behaves, notices nothing of those who do not."""
    def well(after):
        check(f"well after {after}", witness.result("query-status") is not None)

    negotiate = b'{"execute":"qmp_capabilities"}'
    said = says(path, negotiate + b'{"execute":"query-name"}\n{"execute":"query-version"}\n')
    check("all at once, before the greeting is read",
          said.count(b"\r\n") == 4 and said.count(b'"return"') == 3)
    for _ in range(300):
        connect(path).close()
    well("300 who leave at once")
    for _ in range(100):
        check("a client a moment", Client(path).result("qmp_capabilities") == {})
    for end in range(1, len(negotiate)):
        client = connect(path)
        client.sendall(negotiate[:end])
        client.close()
    well("half commands")
    client = connect(path)
    for byte in negotiate:
        client.sendall(bytes([byte]))
    client.shutdown(socket.SHUT_WR)
    check("byte by byte", rest(client).endswith(b'{"return": {}}\r\n'))
    sent, said = floods(path, b'{"execute":"' + bytes(b"a" * (1 << 20)), 1 << 10)
    check(f"1 GiB, of which {sent} bytes go", sent <= 4 << 20)
    check("1 GiB is refused", said == b"" or b'"error"' in said)
    well("1 GiB")
    for piece in (b"[", b'{"a":', b"\xff", b"\0", b"\r\n"):
        floods(path, piece * 4096, 64)
    # Each has an answer.
    for piece in (b"]", b'""', b"{}", b"1 "):
        says(path, piece * 4096)
    well("floods")
    noise = random.Random(5)
    for _ in range(100):
        says(path, noise.randbytes(noise.randrange(1, 5000)))
        says(path, negotiate + bytes(noise.choices(negotiate, k=500)))
    well("noise")


def run(path):
    first, second = Client(path), Client(path)
    check("nothing goes before negotiation", first.error("query-status") == "CommandNotFound")
    for client in first, second:
        check("negotiation", client.result("qmp_capabilities") == {})
    commands = {command["name"] for command in first.result("query-commands")}
    check("the commands are listed", {"stop", "cont", "quit", "qmp_capabilities"} <= commands)
    check("an unknown command", first.error("no-such") == "CommandNotFound")
    check("a wrong argument", first.error("stop", force=True) == "GenericError")
    check("running", first.result("query-status") == {"status": "running", "running": True})
    check("stop", first.result("stop") == {})
    check("paused", second.result("query-status") == {"status": "paused", "running": False})
    check("text beyond ASCII", "ä☃" in
          first.result("human-monitor-command", **{"command-line": "ä☃"}))
    for query in sorted(name for name in commands if name.startswith("query-")):
        answer = first.ask(query)
        check(f"{query} has a result, or what it asks after is not there",
              "return" in answer or answer["error"]["class"] == "DeviceNotActive")
    hostile(path, first)
    check("quit", second.result("quit") == {})


tool = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
try:
    run(tool.stdout.readline().rstrip("\n"))
except BaseException:
    tool.kill()
    raise
check("the other end is well", tool.wait(timeout=20) == 0)
print(*failures, sep="\n", end="\n" if failures else "")
print(f"{0 if failures else 1} passed, {1 if failures else 0} failed")
sys.exit(1 if failures else 0)
