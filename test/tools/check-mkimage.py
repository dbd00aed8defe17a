#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds bonsai-mkimage to its word: what is in an archive is in the image, of every form and
as every type; what is hostile is refused with one line; nothing is left half-written.

check-mkimage.py ROOT: root runs it as nobody, so no privilege helps. Exit status 77: a
program that makes or reads the images is not installed.
"""

import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(ROOT / "tools/lib"))
sys.dont_write_bytecode = True
import image_tree  # noqa: E402
from at_terminal import watch  # noqa: E402
from claims import check, report  # noqa: E402

NOBODY = 65534
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
LONG = "long/" + "n" * 200 + "/" + "m" * 200
os.environ["PATH"] += ":/usr/sbin:/sbin"


# ---- sources --------------------------------------------------------------------------------

def add(tar, name, data=None, kind=tarfile.REGTYPE, **attributes):
    member = tarfile.TarInfo(name)
    member.mtime, member.mode, member.type = 1600000000, 0o644, kind
    xattrs = attributes.pop("xattrs", {})
    for key, value in attributes.items():
        setattr(member, key, value)
    member.pax_headers = {f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape")
                          for key, value in xattrs.items()}
    if data is not None:
        member.size = len(data)
    tar.addfile(member, io.BytesIO(data) if data is not None else None)


def archive(*entries, **options):
    """A tar of (name, data, kind, attributes); a name alone is a file, or a folder with /."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=options.get("format", tarfile.PAX_FORMAT),
                      encoding="utf-8", errors="surrogateescape") as tar:
        for entry in entries:
            name, data, more = (*entry, None, {})[:3] if isinstance(entry, tuple) else \
                (entry, None, {})
            if name.endswith("/"):
                more = {"kind": tarfile.DIRTYPE, "mode": 0o755, **(more or {})}
            elif data is None and not (more or {}).get("kind"):
                data = name.encode()
            add(tar, name, data, **(more or {}))
    return out.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    return name, None, {"kind": kind, "linkname": target}


def hard(name, target):
    return link(name, target, tarfile.LNKTYPE)


def device(name, major, minor, kind=tarfile.CHRTYPE):
    return name, None, {"kind": kind, "devmajor": major, "devminor": minor}


WHOLE = archive(
    ("./", None, {"mode": 0o711, "uid": 7, "gid": 8}),
    "bin/", ("bin/busybox", b"\x7fELF" + bytes(300000) + b"end", {"mode": 0o4755}),
    hard("bin/ls", "bin/busybox"), link("bin/sh", "/bin/busybox"),
    ("bin/ping", b"ping", {"xattrs": {"security.capability": CAPABILITY,
                                      "user.note": b"a\nb"}, "mode": 0o755}),
    "dev/", device("dev/null", 1, 3), device("dev/vda", 254, 300, tarfile.BLKTYPE),
    ("fifo", None, {"kind": tarfile.FIFOTYPE}),
    ("etc/", None, {"mode": 0o700, "uid": 100000, "gid": 4000000000}),
    ("etc/secret", b"secret", {"mode": 0, "uid": 4000000000, "gid": 65536}),
    ("etc/n\xe4me with space", b"x"), LONG,
    # Through a symbolic link, which stays within the tree.
    link("lib", "/usr/lib"), "usr/lib/", ("lib/through", b"through"),
    link("up", "../../../../etc"), ("up/passwd", b"root:x:0:0"),
    # Said twice: the last holds.
    "twice", ("twice", b"second"))


def blob(folder, data):
    digest = hashlib.sha256(data).hexdigest()
    path = folder / "blobs/sha256" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


LAYERS = [
    archive("bin/", "bin/gone", "bin/kept", "old/", "old/a", "old/b", "old/deep/", "old/deep/c",
            "replaced/", "replaced/x", link("alias", "bin")),
    archive(("bin/.wh.gone", b""), ("old/.wh..wh..opq", b""), "old/new", "replaced", "added",
            hard("linked", "bin/kept"), (".wh..wh.plnk", b"")),
    archive((".wh.added", b""), "old/newer"),
]
LAYERED = {"alias", "bin", "bin/kept", "linked", "old", "old/new", "old/newer", "replaced"}


def oci(folder, layers, arches=("arm64", "amd64")):
    manifests = []
    for arch in arches:
        # Of the other architecture there is one layer, which would show.
        some = layers if arch == "arm64" else [archive("wrong")]
        manifest = json.dumps({"schemaVersion": 2, "layers": [
            blob(folder, pack(layer)) for pack, layer in
            zip((gzip.compress, zstd, bytes), some)]}).encode()
        manifests.append({**blob(folder, manifest), "platform": {"architecture": arch}})
    nested = blob(folder, json.dumps({"manifests": manifests}).encode())
    (folder / "index.json").write_text(json.dumps({"manifests": [
        {**nested, "annotations": {"org.opencontainers.image.ref.name": "v1"}}]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def zstd(data):
    return subprocess.run(["zstd", "-q"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def saved(layers):
    """What docker save wrote before version 25: a folder a layer, doubles as links."""
    entries = [("manifest.json", json.dumps([
        {"Config": "c.json", "RepoTags": ["a:1"], "Layers": [
            f"{i}/layer.tar" for i in range(len(layers))]},
        {"Config": "d.json", "RepoTags": ["b:1"], "Layers": ["0/layer.tar"]}]).encode())]
    for i, layer in enumerate(layers):
        entries += [f"{i}/", (f"real{i}/layer.tar", layer), link(f"{i}/layer.tar",
                                                                  f"../real{i}/layer.tar")]
    return archive(*entries)


# ---- images -------------------------------------------------------------------------------------

def run(words, **more):
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run([ROOT / "tools/bonsai-mkimage", *map(str, words)], text=True,
                          capture_output=True, timeout=120, **user, **more)


def debugfs(image, request):
    return subprocess.run(["debugfs", "-R", request, image], capture_output=True, text=True,
                          errors="surrogateescape", check=True).stdout


def in_ext4(image):
    """{path: (mode, uid, gid, size)} below the root."""
    found, todo = {}, [("2", "")]
    while todo:
        inode, path = todo.pop()
        for line in debugfs(image, f"ls -p <{inode}>").splitlines():
            part = line.split("/")
            if len(part) < 7 or part[5] in (".", "..", "lost+found"):
                continue
            below = f"{path}/{part[5]}".lstrip("/")
            # It prints owners as signed numbers.
            uid, gid = int(part[3]) & 0xffffffff, int(part[4]) & 0xffffffff
            found[below] = (int(part[2], 8), uid, gid, part[6])
            if part[2].startswith("04"):
                todo.append((part[1], below))
    return found


def in_squashfs(image):
    text = subprocess.run(["unsquashfs", "-lln", image], capture_output=True, text=True,
                          errors="surrogateescape", check=True).stdout
    return {found[1]: line.split() for line in text.splitlines()
            if (found := re.search(r" squashfs-root/(.*?)( -> .*)?$", line))}


def check_ext4(image):
    files = in_ext4(image)
    check("ext4 is sound", subprocess.run(["e2fsck", "-fn", image],
                                          capture_output=True).returncode == 0)
    wanted = {
        "bin/busybox": (0o104755, 0, 0, "300007"), "bin/ls": (0o104755, 0, 0, "300007"),
        "bin/sh": (0o120644, 0, 0, None), "dev/null": (0o20644, 0, 0, None),
        "dev/vda": (0o60644, 0, 0, None), "fifo": (0o10644, 0, 0, None),
        "etc": (0o40700, 100000, 4000000000, None),
        "etc/secret": (0o100000, 4000000000, 65536, "6"), LONG: (0o100644, 0, 0, str(len(LONG))),
        "usr/lib/through": (0o100644, 0, 0, "7"), "etc/passwd": (0o100644, 0, 0, "10"),
        "twice": (0o100644, 0, 0, "6"), "etc/n\xe4me with space": (0o100644, 0, 0, "1"),
    }
    for name, (mode, uid, gid, size) in wanted.items():
        have = files.get(name)
        # A symbolic link's own mode is the host's.
        same = have and (have[0] == mode or mode >> 12 == have[0] >> 12 == 0o12)
        check(f"ext4 {name}", same and have[1:3] == (uid, gid) and size in (None, have[3]),
              f"{have} instead of {mode:o} {uid} {gid} {size}")
    busybox = debugfs(image, "stat /bin/busybox")
    check("ext4 hard links", "Links: 2" in busybox, busybox)
    blocks = int(re.search(r"Blockcount: (\d+)", busybox)[1])
    check("ext4 keeps holes", blocks <= 64, f"{blocks} sectors")
    check("ext4 time", "mtime: 0x5f5e1000" in busybox, busybox)
    check("ext4 devices", "254:300" in debugfs(image, "stat /dev/vda"),
          debugfs(image, "stat /dev/vda"))
    root = debugfs(image, "stat /")
    check("ext4 root", "Mode:  0711" in root and re.search(r"User: +7 +Group: +8", root), root)
    check("ext4 attributes", "01 00 00 02 00 04" in debugfs(
        image, "ea_get -x /bin/ping security.capability"),
        debugfs(image, "ea_list /bin/ping"))


def check_squashfs(image):
    files = in_squashfs(image)
    for name, words in {"bin/busybox": ["-rwsr-xr-x", "0/0", "300007"],
                        # As it lies there: bits 0-7, 8-19 and 20-31 of the number.
                        "dev/vda": ["brw-r--r--", "0/0", "4350,44"],
                        "etc/secret": ["----------", "4000000000/65536", "6"],
                        "usr/lib/through": ["-rw-r--r--", "0/0", "7"]}.items():
        have = files.get(name, [])
        check(f"squashfs {name}", "".join(have).startswith("".join(words)), f"{have}")
    check("squashfs has every name", LONG in files and "bin/sh" in files, f"{sorted(files)}")


def check_erofs(image, base):
    out = base / "extracted"
    done = subprocess.run(["fsck.erofs", f"--extract={out}", image], capture_output=True,
                          text=True)
    check("erofs is sound", done.returncode == 0, done.stderr)
    have = {str(path.relative_to(out)) for path in out.rglob("*")}
    check("erofs has every name", have == set(in_ext4(base / "whole.ext4")), f"{sorted(have)}")
    if os.geteuid() == 0:
        status = (out / "etc/secret").stat()
        check("erofs owners", (status.st_uid, status.st_gid) == (4000000000, 65536))
        check("erofs devices", (out / "dev/vda").stat().st_rdev == os.makedev(254, 300))
    check("erofs attributes", CAPABILITY in image.read_bytes())


# ---- claims ---------------------------------------------------------------------------------------

def sources_of_every_form(base):
    (base / "whole.tar").write_bytes(WHOLE)
    (base / "whole.tgz").write_bytes(gzip.compress(WHOLE))
    (base / "whole.tar.xz").write_bytes(lzma.compress(WHOLE))
    (base / "whole.tar.zst").write_bytes(zstd(WHOLE))
    for source, output in (("whole.tar", "whole.ext4"), ("whole.tgz", "whole.squashfs"),
                           ("whole.tar.xz", "whole.erofs"), ("whole.tar.zst", "from-zst.ext4")):
        done = run(["-o", base / output, base / source])
        check(f"{source} becomes {output}", done.returncode == 0, done.stderr)
    check_ext4(base / "whole.ext4")
    check_squashfs(base / "whole.squashfs")
    check_erofs(base / "whole.erofs", base)
    check("zstd makes the same", in_ext4(base / "whole.ext4") == in_ext4(base / "from-zst.ext4"))
    done = run(["-o", base / "stdin.ext4", "--size", "40M", "-"], input=None,
               stdin=open(base / "whole.tgz", "rb"))
    check("standard input", done.returncode == 0 and
          (base / "stdin.ext4").stat().st_size == 40 << 20, done.stderr)


def containers(base):
    oci(base / "oci", LAYERS)
    (base / "old.tar").write_bytes(saved(LAYERS))
    both = io.BytesIO()
    with tarfile.open(fileobj=both, mode="w") as tar:
        tar.add(base / "oci", ".")
    (base / "new.tar.gz").write_bytes(gzip.compress(both.getvalue()))
    for source, words in (("oci", ["--tag", "v1"]), ("old.tar", ["--tag", "a:1"]),
                          ("new.tar.gz", [])):
        done = run(["--arch", "arm64", *words, "-o", base / "layers.ext4", base / source])
        check(f"{source}", done.returncode == 0, done.stderr)
        if not done.returncode:
            files = in_ext4(base / "layers.ext4")
            check(f"layers of {source}", set(files) == LAYERED, f"{sorted(files)}")
    refused(base, "an image of another machine", "no image for armhf, but for amd64, arm64",
            base / "oci", "--arch", "armhf")
    refused(base, "an unknown tag", "no image of that tag", base / "old.tar", "--tag", "c:1")
    refused(base, "a choice", "choose one with --tag: a:1, b:1", base / "old.tar")
    for path in (base / "oci/blobs/sha256").iterdir():
        path.write_bytes(path.read_bytes() + b" ")
    refused(base, "damaged blobs", "another digest", base / "oci", "--arch", "arm64")


def folders(base):
    tree = base / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub/file").write_text("text")
    os.link(tree / "sub/file", tree / "hard")
    os.symlink("/etc/passwd", tree / "link")
    if os.geteuid() == 0:
        for path in (tree, tree / "sub", tree / "sub/file"):
            os.chown(path, NOBODY, NOBODY)
    done = run(["-o", base / "tree.ext4", tree])
    files = in_ext4(base / "tree.ext4") if not done.returncode else {}
    check("a folder", set(files) == {"sub", "sub/file", "hard", "link"}, done.stderr)
    check("what is the caller's is root's", files.get("sub/file") == (0o100644, 0, 0, "4"),
          f"{files}")


def refused(base, name, text, source, *words):
    before = sorted(path.name for path in base.iterdir())
    done = run([*words, "-o", base / "refused.ext4", source])
    check(name, done.returncode == 2 and text in done.stderr and
          done.stderr.count("\n") == 1 and not done.stdout,
          f"status {done.returncode}: {done.stderr}{done.stdout}")
    left = sorted(path.name for path in base.iterdir())
    check(f"{name}: nothing is left", left == before, f"{set(left) ^ set(before)}")


HOSTILE = {
    "a name that leads up": ("leads out", archive("../evil")),
    "a name that leads up later": ("leads out", archive("a/b/../../../evil")),
    "an absolute name": ("is absolute", archive("/etc/passwd")),
    "a hard link that leads up": ("leads out", archive(hard("a", "../../etc/passwd"))),
    "an absolute hard link": ("is absolute", archive(hard("a", "/etc/passwd"))),
    "a hard link to nothing": ("which is not there", archive(hard("a", "b"))),
    "a hard link to a folder": ("hard link to a folder", archive("d/", hard("a", "d"))),
    "links in a circle": ("more than 40 symbolic links",
                          archive(link("a", "b"), link("b", "a"), "a/c")),
    "a name below a file": ("no folder", archive("a", "a/b")),
    "a device that Linux does not have": ("device 5000:1",
                                          archive(device("d", 5000, 1))),
    "a flood of devices": ("more than 4096 device nodes",
                           archive(*(device(f"d{i}", 1, 3) for i in range(4097)))),
    "a name of 300 bytes": ("too long", archive("n" * 300)),
    "an owner beyond 32 bits": ("is owned by", archive(("a", b"", {"uid": 1 << 40}))),
    "an unknown type": ("unknown type", archive(("a", b"", {"kind": b"V"}))),
    "more data than --size": ("more data than fit", archive(("a", bytes(3 << 20)))),
    "half an archive": ("", archive(("a", bytes(90000)))[:50000]),
    "half a gzip": ("no sound archive", gzip.compress(os.urandom(99999))[:5000]),
    "damaged gzip": ("no sound archive", gzip.compress(archive("a"))[:20] + bytes(100)),
    "text": ("no sound archive", b"<config/>\n" * 100),
    "nothing": ("is empty", b""),
}


def hostile(base):
    for name, (text, data) in HOSTILE.items():
        (base / "hostile.tar").write_bytes(data)
        words = ["--size", "2M"] if "--size" in name else []
        refused(base, name, text, base / "hostile.tar", *words)
    # A file that says it has 2^60 bytes, and a header that says it has 2^40.
    member = tarfile.TarInfo("a")
    for size, kind, text in ((1 << 60, tarfile.REGTYPE, "more data than fit"),
                             (1 << 40, tarfile.XHDTYPE, "an extended header")):
        member.size, member.type = size, kind
        (base / "hostile.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
        refused(base, f"{size} bytes of {kind!r}", text, base / "hostile.tar")
    flood_of_entries(base)
    refused(base, "no source", "No such file", base / "none.tar")
    (base / "hostile.tar").write_bytes(WHOLE)
    refused(base, "a size of another type", "--size is for ext4", base / "hostile.tar", "--type",
            "erofs", "--size", "1M")


def tells_progress(base):
    reader, writer = os.pipe()
    os.write(writer, WHOLE[:512])

    def finish():
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(WHOLE[512:])

    status, shown = watch([ROOT / "tools/bonsai-mkimage", "-o", base / "slow.ext4", "-"],
                          " s\x1b[K\r", finish, stdin=reader)
    os.close(reader)
    check("progress", status == 0 and re.search(r"\rreading '-': [1-9]\d* s\x1b\[K\r", shown) and
          shown.endswith("\r\x1b[K"), f"status {status}: {shown!r}")


def marked(environ, base):
    try:
        return f"MKIMAGE_TEST={base}".encode() in environ.read_bytes()
    except OSError:
        return False


def interrupted(base):
    """A signal at any moment leaves no file and no process."""
    (base / "many.tar").write_bytes(archive(*(f"d{i % 50}/f{i}" for i in range(3000))))
    before = sorted(path.name for path in base.iterdir())
    for tenths in (1, 4, 7, 10, 13, 16):
        os.environ["MKIMAGE_TEST"] = str(base)
        mine = ["setpriv", "--reuid", str(NOBODY), "--clear-groups"] * (os.geteuid() == 0)
        child = subprocess.Popen([*mine, ROOT / "tools/bonsai-mkimage", "-o", base / "x.ext4",
                                  base / "many.tar"], stderr=subprocess.PIPE, text=True)
        time.sleep(tenths / 10)
        child.terminate()
        said = child.communicate(timeout=60)[1]
        done = child.returncode == 0
        (base / "x.ext4").unlink(missing_ok=not done)
        check(f"after {tenths / 10} s", child.returncode in (0, -15, 143) and not said,
              f"status {child.returncode}: {said}")
        left = sorted(path.name for path in base.iterdir())
        check(f"after {tenths / 10} s nothing is left", left == before, f"{left}")
    # fakeroot's server, too, which inherits the word that marks this run.
    left = [path.parent.name for path in pathlib.Path("/proc").glob("[0-9]*/environ")
            if path.parent.name != str(os.getpid()) and marked(path, base)]
    check("no process is left", not left, f"{left}")


def flood_of_entries(base):
    """With a lower limit, as the real one takes a minute to reach."""
    image_tree.ENTRIES_MAX = 100
    for name, entries in (("of names", [f"f{i}" for i in range(101)]),
                          ("of one name", ["f"] * 101), ("of folders", ["/".join("d" * 101)])):
        with tempfile.TemporaryDirectory() as folder:
            tree = image_tree.Tree(os.path.join(folder, "contents"), 1 << 20)
            try:
                tree.add_tar(io.BytesIO(archive(*entries)), whiteouts=False)
                said = ""
            except image_tree.Refused as err:
                said = str(err)
        check(f"a flood {name}", "more than 100 entries" in said, said)


def main():
    for tool in ("fakeroot", "mke2fs", "debugfs", "mksquashfs", "mkfs.erofs", "fsck.erofs",
                 "zstd"):
        if not shutil.which(tool):
            print(f"{tool} is not installed")
            return 77
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name) / "base"
        base.mkdir(mode=0o777)
        pathlib.Path(name).chmod(0o755)
        base.chmod(0o777)
        for claim in (sources_of_every_form, containers, folders, hostile, interrupted,
                      tells_progress):
            claim(base)
    return report()


sys.exit(main())
