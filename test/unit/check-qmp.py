#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speaks QMP to a control socket as its specification says that clients do.

check-qmp.py TOOL: TOOL is the built control_tool.
"""

import json
import socket
import subprocess
import sys

failures = []


def check(what, holds):
    if not holds:
        failures.append(what)


class Client:
    """One connection; a line is one JSON object, an answer is told from an event by its id."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
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
    check("quit", second.result("quit") == {})


tool = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
run(tool.stdout.readline().rstrip("\n"))
check("the other end is well", tool.wait(timeout=20) == 0)
print(*failures, sep="\n", end="\n" if failures else "")
print(f"{0 if failures else 1} passed, {1 if failures else 0} failed")
sys.exit(1 if failures else 0)
