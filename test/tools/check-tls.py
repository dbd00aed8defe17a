#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Visits by TLS what a VM offers, as openssl, as Python and as Bonsai do, and as strangers
do who must not get in: the VM goes on, and serves the next one.

check-tls.py TLS_TOOL BONSAI. Exit status 77: there is no openssl here.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import pty
import random
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import termios
import threading
import time
import warnings

sys.dont_write_bytecode = True
from claims import check, report  # noqa: E402

TOOL, BONSAI = (pathlib.Path(name).resolve() for name in sys.argv[1:3])
LIMIT = 30  # seconds, for what comes at once on a machine that is not busy


# ---- certificates ----------------------------------------------------------------------

def openssl(*words, **more):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60,
                          **more)


def make_key(folder, name, kind="ec"):
    how = {"ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
           "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
           "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
           "weak": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]}[kind]
    openssl("genpkey", *how, "-out", folder / f"{name}.key")
    (folder / f"{name}.key").chmod(0o600)


def make_authority(folder, name):
    make_key(folder, name)
    openssl("req", "-x509", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={name}",
            "-days", "30", "-out", folder / f"{name}.pem")


def make_certificate(folder, name, usage, authority="ca", common_name=None, names=None,
                     kind="ec", dates=None):
    make_key(folder, name, kind)
    openssl("req", "-new", "-key", folder / f"{name}.key", "-subj",
            f"/CN={common_name or name}", "-out", folder / f"{name}.csr")
    extensions = folder / f"{name}.ext"
    extensions.write_text(f"extendedKeyUsage={usage}\n"
                          + (f"subjectAltName={names}\n" if names else ""))
    index = folder / f"{name}.index"
    index.touch()
    config = folder / f"{name}.cnf"
    config.write_text(f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\nrand_serial=yes\n"
                      f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n"
                      "[p]\ncommonName=supplied\n")
    openssl("ca", "-batch", "-notext", "-config", config, "-in", folder / f"{name}.csr",
            "-cert", folder / f"{authority}.pem", "-keyfile", folder / f"{authority}.key",
            "-extfile", extensions, "-out", folder / f"{name}.pem",
            *(["-startdate", dates[0], "-enddate", dates[1]] if dates else ["-days", "30"]))


def make_all(folder):
    make_authority(folder, "ca")
    make_authority(folder, "stranger")
    here = "DNS:localhost,IP:127.0.0.1"
    make_certificate(folder, "vm", "serverAuth", names=here)
    make_certificate(folder, "vm-rsa", "serverAuth", names=here, kind="rsa")
    make_certificate(folder, "vm-past", "serverAuth", names=here,
                     dates=("20200101000000Z", "20200201000000Z"))
    make_certificate(folder, "vm-elsewhere", "serverAuth", names="DNS:example.org,IP:127.0.0.2")
    make_certificate(folder, "vm-stranger", "serverAuth", names=here, authority="stranger")
    make_certificate(folder, "ops", "clientAuth")
    make_certificate(folder, "ops-rsa", "clientAuth", common_name="ops", kind="rsa")
    make_certificate(folder, "ops-p384", "clientAuth", common_name="x", names="email:ops",
                     kind="p384")
    make_certificate(folder, "ops-past", "clientAuth", common_name="ops",
                     dates=("20200101000000Z", "20200201000000Z"))
    make_certificate(folder, "ops-future", "clientAuth", common_name="ops",
                     dates=("20400101000000Z", "20400201000000Z"))
    make_certificate(folder, "ops-stranger", "clientAuth", authority="stranger",
                     common_name="ops")
    make_certificate(folder, "ops-server", "serverAuth", common_name="ops")
    make_certificate(folder, "ops-weak", "clientAuth", common_name="ops", kind="weak")
    make_certificate(folder, "guest", "clientAuth")


# ---- the VM ----------------------------------------------------------------------------

class Vm:
    def __init__(self, folder, certificate="vm", clients="admin ops", log="log"):
        self.folder = folder
        self.log = open(folder / log, "w+")
        self.process = subprocess.Popen(
            [TOOL, folder / f"{certificate}.pem", folder / f"{certificate}.key",
             folder / "ca.pem", clients], stdout=subprocess.PIPE, stderr=self.log, text=True,
            start_new_session=True)
        self.console, self.control = (int(port) for port in
                                      self.process.stdout.readline().split())

    def said(self, since=0):
        return pathlib.Path(self.log.name).read_text()[since:]

    def states(self):
        """Of each thread of its processes."""
        for path in pathlib.Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, group = path.read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid:
                    yield state

    def stops(self):
        """Has it do nothing from here on."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        while set(self.states()) != {"T"}:
            time.sleep(0.1)

    def ends(self):
        """Has it quit, and says how it did."""
        with self.client(self.control, believing=True) as stream:
            say(stream, '{"execute": "qmp_capabilities"}{"execute": "quit"}')
            said = read_until(stream, b'"return": {}}\r\n{"return": {}}')
        return self.process.wait(LIMIT), said

    def client(self, port, name="ops", **more):
        plain = socket.create_connection(("127.0.0.1", port), LIMIT)
        try:
            return context(self.folder, name, **more).wrap_socket(
                plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise


def context(folder, name, believing=False, lowest=ssl.TLSVersion.TLSv1_2, highest=None):
    ret = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ret.load_verify_locations(folder / "ca.pem")
    if believing:
        ret.check_hostname = False
        ret.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions that are old
        ret.set_ciphers("ALL:@SECLEVEL=0")
        ret.minimum_version = lowest
        if highest:
            ret.maximum_version = highest
    if name:
        ret.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return ret


def say(stream, text):
    stream.sendall(text.encode() if isinstance(text, str) else text)


def read_until(stream, end, most=1 << 22):
    got = b""
    with contextlib.suppress(TimeoutError, ssl.SSLError, OSError):
        while end not in got and len(got) < most:
            more = stream.recv(65536)
            if not more:
                break
            got += more
    return got


def is_open(vm):
    """Whether somebody with a good certificate is served, as soon as a console is free."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with vm.client(vm.console) as stream:
            say(stream, "still here")
            if b"still here" in read_until(stream, b"still here"):
                return True
        time.sleep(0.1)
    return False


def refuses(vm, name, said, attempt):
    """The attempt, which returns what it heard, hears nothing and ends; the log says why,
    unless there was too much to say in this second."""
    deadline, before = time.monotonic() + LIMIT, len(vm.said())
    while said not in vm.said(before) and time.monotonic() < deadline:
        try:
            heard = attempt()
        except (ssl.SSLError, OSError):
            heard = b""
        check(name, not heard, f"heard {heard!r}")
        time.sleep(0.3)
    check(name, said in vm.said(before), f"'{said}' is not in: {vm.said(before)}")
    check(name + ": the next one is served", is_open(vm))


# ---- who is let in ---------------------------------------------------------------------

def check_friends(vm, folder):
    for name in ("ops", "ops-rsa", "ops-p384"):
        with vm.client(vm.console, name) as stream:
            say(stream, "hello from " + name)
            check(name, ("hello from " + name).encode() in
                  read_until(stream, name.encode()), "nothing came back")
            check(name + ": version", stream.version() in ("TLSv1.2", "TLSv1.3"),
                  stream.version())
    with subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{vm.control}", "-quiet",
             "-verify_return_error", "-verify_ip", "127.0.0.1", "-CAfile", folder / "ca.pem",
             "-cert", folder / "ops.pem", "-key", folder / "ops.key"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        greeting = client.stdout.readline()
        client.stdin.write(b'{"execute": "qmp_capabilities"}\n{"execute": "query-name"}\n')
        client.stdin.flush()
        answers = [client.stdout.readline(), client.stdout.readline()]
        check("openssl s_client", b"QMP" in greeting and b'"rig"' in answers[1],
              f"{greeting!r} {answers!r}")
        client.kill()


def check_bulk(vm):
    """Some megabytes there and back again, in pieces of any size."""
    dice = random.Random(1)
    data = dice.randbytes(3 << 20)
    sent, piece, got, end = 0, b"", b"", time.monotonic() + 4 * LIMIT
    with vm.client(vm.console) as stream:
        stream.setblocking(False)  # one thread does both: a session is nobody else's meanwhile
        while not got.endswith(data[-64:]) and time.monotonic() < end:
            before = sent + len(got)
            piece = piece or data[sent:sent + dice.randrange(1, 40000)]
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                if piece:
                    count = stream.send(piece)
                    sent, piece = sent + count, piece[count:]
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                more = stream.recv(65536)
                if not more:
                    break
                got += more
            if sent + len(got) == before:
                select.select([stream], [stream] if piece else [], [], 1)
    # Before it comes what nobody has read yet.
    check("bulk", got.endswith(data), f"{len(got)} bytes came back")


# ---- who is not ------------------------------------------------------------------------

def answer_of(vm, name, **more):
    with vm.client(vm.console, name, **more) as stream:
        say(stream, "let me in")
        return read_until(stream, b"let me in")


def raw(vm, first):
    with socket.create_connection(("127.0.0.1", vm.console), LIMIT) as plain:
        plain.sendall(first)
        return read_until(plain, b"let me in") and b""


def half(vm, folder):
    """Sends the beginning of a handshake, and leaves."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    shy = context(folder, "ops").wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        shy.do_handshake()
    hello = outgoing.read()
    with socket.create_connection(("127.0.0.1", vm.console), LIMIT) as plain:
        plain.sendall(hello[:len(hello) // 2])
    return b""


def check_strangers(vm, folder):
    rows = [
        ("no certificate", None, "has shown no certificate"),
        ("another authority", "ops-stranger", "of none of those that are trusted"),
        ("expired", "ops-past", "has expired"),
        ("not valid yet", "ops-future", "is not valid yet"),
        ("another name", "guest", "for another name"),
        ("a server's", "ops-server", "is not for this end of TLS"),
        ("a weak key", "ops-weak", "is too weak"),
    ]
    for name, certificate, said in rows:
        refuses(vm, name, said, lambda: answer_of(vm, certificate))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = ssl.TLSVersion.TLSv1_1
        refuses(vm, "TLS 1.1", "no TLS from 1.2 on", lambda: answer_of(
            vm, "ops", lowest=ssl.TLSVersion.TLSv1, highest=old))
    refuses(vm, "plain text", "speaks no TLS",
            lambda: raw(vm, b'{"execute": "qmp_capabilities"}\n'))
    refuses(vm, "noise", "a client ", lambda: raw(
        vm, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.Random(2).randbytes(900)))
    refuses(vm, "half a handshake", "a client has left", lambda: half(vm, folder))


def make_crowd(vm):
    """A hundred who say nothing, at the control socket, while others are served."""
    began = time.monotonic()
    crowd = [socket.create_connection(("127.0.0.1", vm.control), LIMIT) for _ in range(100)]
    return crowd, began


def check_crowd(vm, crowd, began):
    """None of them has stayed for long."""
    closed = 0
    for plain in crowd:
        plain.settimeout(LIMIT)
        try:
            closed += plain.recv(1) == b""
        except ConnectionError:
            closed += 1
        plain.close()
    waited = time.monotonic() - began
    check("a crowd: all are closed", closed == 100, f"{closed}")
    check("a crowd: not before ten seconds", waited > 9, f"{waited}")
    for said in ("silent for too long", "gave way to the next one"):
        check("a crowd: is told of", said in vm.said(), vm.said())


def stop_for_long(folder, speaks):
    """A VM that does nothing for longer than a handshake may take, in the middle of one; whether
    that goes on afterwards."""
    vm = Vm(folder, log=f"log-{speaks}")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context(folder, "ops").wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    hello, answer = outgoing.read(), b""
    with socket.create_connection(("127.0.0.1", vm.console), LIMIT) as plain:
        plain.sendall(hello[:100])
        time.sleep(1)  # its time runs from when it was accepted
        vm.stops()
        plain.sendall(hello[100:] if speaks else b"")
        time.sleep(11)
        os.killpg(vm.process.pid, signal.SIGCONT)
        with contextlib.suppress(ConnectionError):
            answer = plain.recv(1)
    vm.ends()
    return answer == b"\x16"


def check_patience(late, silent):
    """Who has spoken is not blamed for a VM that was busy, who has not is gone."""
    check("a word that has waited for the VM is answered", late.result())
    check("silence is not waited for", not silent.result())


# ---- Bonsai as the client --------------------------------------------------------------

def bonsai(folder, *words, name="ops", ca="ca", said=None, **more):
    return subprocess.run(
        [BONSAI, *words, "--certificate", folder / f"{name}.pem", "--key",
         folder / f"{name}.key", "--ca", folder / f"{ca}.pem"], capture_output=True, text=True,
        input=said, timeout=LIMIT, **more)


def visit(folder, place, *words, home=None):
    """Types a line and waits for it to come back."""
    files = [] if home else ["--certificate", folder / "ops.pem", "--key", folder / "ops.key",
                             "--ca", folder / "ca.pem"]
    with subprocess.Popen(
            [BONSAI, "console", place, *words, *files], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **({"HOME": str(home), "XDG_CONFIG_HOME": ""} if home else {})}
            ) as client:
        timer = threading.Timer(LIMIT, client.kill)
        timer.start()
        client.stdin.write(b"good evening\n")
        client.stdin.flush()
        line = client.stdout.readline()
        with contextlib.suppress(BrokenPipeError):
            client.stdin.write(b"\x01d")
            client.stdin.flush()
        _, wrong = client.communicate()
        timer.cancel()
    return line.endswith(b"good evening\n") and client.returncode == 0, f"{line!r} {wrong!r}"


def terminated(folder, place):
    """A console on a terminal, ended by a signal while another of its threads speaks TLS."""
    leader, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    with subprocess.Popen(
            [BONSAI, "console", place, "--certificate", folder / "ops.pem", "--key",
             folder / "ops.key", "--ca", folder / "ca.pem"], stdin=terminal, stdout=terminal,
            stderr=subprocess.PIPE) as client:
        timer = threading.Timer(LIMIT, client.kill)
        timer.start()
        while termios.tcgetattr(terminal) == before and client.poll() is None:
            time.sleep(0.01)
        raw = client.poll() is None
        client.terminate()
        _, wrong = client.communicate()
        timer.cancel()
    same = termios.tcgetattr(terminal) == before
    os.close(leader)
    os.close(terminal)
    return raw and same, f"raw: {raw}, then as before: {same}; {client.returncode} {wrong!r}"


def check_bonsai(vm, folder):
    place = f"tls://127.0.0.1:{vm.control}"
    check("console by its port", *visit(folder, f"tls://localhost:{vm.console}"))
    check("a signal gives the terminal back", *terminated(folder, place + "/hvc0"))
    check("console by name", *visit(folder, place + "/hvc0"))
    check("console by default", *visit(folder, place + "/"))
    check("console as a second word", *visit(folder, place, "hvc0"))
    home = folder / "home"
    (home / ".config/bonsai").mkdir(parents=True)
    for name, to in (("ops.pem", "certificate.pem"), ("ops.key", "key.pem"), ("ca.pem", "ca.pem")):
        shutil.copy(folder / name, home / ".config/bonsai" / to)
    check("console with one's own files", *visit(folder, place + "/hvc0", home=home))
    done = bonsai(folder, "status", "--json", "--socket", place)
    check("status", not done.returncode and "status" in json.loads(done.stdout),
          done.stdout + done.stderr)
    for words, said in (
            (["console", place + "/nope"], "there is no console 'nope'"),
            (["console", "tls://127.0.0.1"], "is no place, allowed: tls://HOST:PORT"),
            (["console", "tls://::1:77/x"], "is no place, allowed: tls://HOST:PORT"),
            (["console", "tls://localhost:1/x"], "cannot connect to localhost port 1"),
            (["console", place + "/hvc0", "hvc0"], "write one of them")):
        done = bonsai(folder, *words, said="")
        check(" ".join(words), done.returncode and said in done.stderr,
              f"{done.returncode} {done.stderr}")
    done = bonsai(folder, "console", place + "/hvc0", name="ops-stranger", said="")
    check("a certificate that is not trusted there",
          done.returncode and "has refused this end" in done.stderr, done.stderr)
    done = bonsai(folder, "console", place + "/hvc0", name="vm", said="")
    check("a server's certificate", "is not for a client" in done.stderr, done.stderr)


def check_other_servers(folder):
    """Whom Bonsai does not believe to be who it called."""
    for name, said in (("vm-past", "has expired"), ("vm-elsewhere", "for another name"),
                       ("vm-stranger", "of none of those that are trusted")):
        vm = Vm(folder, name)
        for host in ("127.0.0.1", "localhost"):
            done = bonsai(folder, "console", f"tls://{host}:{vm.control}/hvc0", said="")
            check(f"{name} as {host}", done.returncode and said in done.stderr, done.stderr)
        check(f"{name}: quits", vm.ends()[0] == 0)
    vm = Vm(folder, "vm-rsa", clients="ops")
    check("a server with an RSA key", *visit(folder, f"tls://localhost:{vm.console}"))
    check("quits", vm.ends()[0] == 0)


def check_files(folder):
    """Files that a VM does not start with."""
    public = folder / "public.key"
    shutil.copy(folder / "vm.key", public)
    public.chmod(0o644)
    rows = [
        (("vm.pem", "nope", "ca.pem"), "No such file"),
        (("nope", "vm.key", "ca.pem"), "cannot be read: No such file"),
        (("vm.key", "vm.key", "ca.pem"), "is no file of certificates in PEM"),
        (("vm.pem", "vm.pem", "ca.pem"), "is everybody's to read"),
        (("vm.pem", "vm-rsa.key", "ca.pem"), "is not that of certificate"),
        (("vm.pem", "public.key", "ca.pem"), "is everybody's to read: chmod 600"),
        (("vm.pem", "vm.key", "ca.key"), "is no file of certificates in PEM"),
        (("ops.pem", "ops.key", "ca.pem"), "is not for a server"),
    ]
    for names, said in rows:
        done = subprocess.run([TOOL, *(folder / name for name in names)], capture_output=True,
                              text=True, timeout=LIMIT)
        check(" ".join(names), done.returncode == 1 and said in done.stderr, done.stderr)


def main():
    if not shutil.which("openssl"):
        print("there is no openssl here")
        return 77
    with tempfile.TemporaryDirectory() as name, \
            concurrent.futures.ThreadPoolExecutor() as threads:
        folder = pathlib.Path(name)
        make_all(folder)
        stopped = [threads.submit(stop_for_long, folder, speaks) for speaks in (True, False)]
        check_files(folder)
        vm = Vm(folder)
        crowd, began = make_crowd(vm)
        check_friends(vm, folder)
        check_bonsai(vm, folder)
        check_bulk(vm)
        check_strangers(vm, folder)
        check_crowd(vm, crowd, began)
        status, said = vm.ends()
        check("quits", status == 0 and b'{"return": {}}' in said, f"{status} {said!r}")
        check("the sandbox was not in the way", "a thread of TLS may not" not in vm.said(),
              vm.said())
        check_other_servers(folder)
        check_patience(*stopped)
    return report()


if __name__ == "__main__":
    sys.exit(main())
