#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the mistakes that people make, and holds the program to what it says of them.

check-mistakes.py BONSAI ROOT: BONSAI is the program, ROOT the repository.

Every case runs in one folder of files that are wrong in one way each. What the program
says on standard error is in test/golden/mistakes/expected, with its exit status; standard
output must be empty where the status is not 0, and the folder unchanged afterwards.
"--write" as a third argument makes the expected text anew, for review.
"""

import gzip
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import expected

program = pathlib.Path(sys.argv[1]).resolve()
expected_path = pathlib.Path(sys.argv[2]).resolve() / "test/golden/mistakes/expected"
write = sys.argv[3:] == ["--write"]
KIB, MIB = 1 << 10, 1 << 20
# root may read and write everything, so root tries as nobody.
IS_ROOT, NOBODY = os.geteuid() == 0, 65534
# Not the host that this happens to run on.
HOST = ["--host", "arch=arm64"]
VM = '<config kernel_rom="Image" ram_size="64M" cpu_count="1" {}>\n{}</config>\n'


def image(file_bytes=64 * KIB, memory_bytes=2 * MIB, flags=2, pe_bytes=0):
    """An arm64 Image; with pe_bytes one whose section table says how long the file is."""
    head = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0, memory_bytes, flags, 0, 0, 0,
                       b"ARM\x64", 64 if pe_bytes else 0)
    if pe_bytes:
        head += struct.pack("<4sHH12xHH", b"PE\0\0", 0xaa64, 1, 0, 0)
        head += struct.pack("<8sIIII16x", b".text", 0, 0, pe_bytes - 4096, 4096)
    return head + bytes(file_bytes - len(head))


def zimage(file_bytes=64 * KIB, own_bytes=64 * KIB, order=0x04030201):
    """An ARM zImage whose table says that it unpacks to 1 MiB; the rest is appended."""
    head = struct.pack("<9I6I", *[0xe1a00000] * 9, 0x016f2818, 0, own_bytes, order,
                       0x45454545, 60)
    head += struct.pack("<7I", 5, 0x5a534c4b, 84, 64 * KIB, 0x8000, 0, 1 * MIB)
    return head + bytes(file_bytes - len(head))


def bzimage(sectors=4, kernel_bytes=32 * KIB, version=0x20f, flags=1, jump=106, pref=16 * MIB,
            init_bytes=20 * MIB, initrd_max=0x7fffffff, bootargs_max=2047, align=2 * MIB):
    """An x86 kernel by its setup header (boot protocol 2.15)."""
    image = bytearray((1 + sectors) * 512 + kernel_bytes)
    struct.pack_into("<BHI", image, 0x1f1, sectors, 0, kernel_bytes // 16)
    struct.pack_into("<HBB4sH", image, 0x1fe, 0xaa55, 0xeb, jump, b"HdrS", version)
    image[0x211] = flags
    struct.pack_into("<IIBBHI", image, 0x22c, initrd_max, align, 1, 21, 1, bootargs_max)
    struct.pack_into("<QI", image, 0x258, pref, init_bytes)
    return bytes(image)


LOAD, INTERP, NOTE = 1, 3, 4


def vmlinux(*headers, machine=62, entry=16 * MIB, file_bytes=64 * KIB):
    """An ELF kernel; a header is its type, file offset, address, bytes there and here."""
    headers = headers or ((LOAD, 4 * KIB, 16 * MIB, 60 * KIB, 4 * MIB),)
    image = struct.pack("<4sBBB9xHHIQQQIHHH6x", b"\x7fELF", 2, 1, 1, 2, machine, 1, entry, 64,
                        0, 0, 64, 56, len(headers))
    for kind, offset, gpa, there, here in headers:
        image += struct.pack("<IIQQQQQQ", kind, 7, offset, gpa, gpa, there, here, 4)
    return image + bytes(file_bytes - len(image))


def elf32(image_bytes=8 * KIB):
    """The same of 32 bits."""
    image = struct.pack("<4sBBB9xHHIIIIIHHH6x", b"\x7fELF", 1, 1, 1, 2, 3, 1, MIB, 52, 0, 0, 52,
                        32, 1)
    image += struct.pack("<IIIIIIII", LOAD, 4 * KIB, MIB, MIB, 4 * KIB, 4 * KIB, 7, 4)
    return image + bytes(image_bytes - len(image))


def zstd(content):
    """One frame of one raw block: enough for an unpacker."""
    return (struct.pack("<IBI", 0xfd2fb528, 0xa0, len(content)) +
            struct.pack("<I", len(content) << 3 | 1)[:3] + content)


def at(size, offset, magic):
    return bytes(offset) + magic + bytes(size - offset - len(magic))


def disk(name, path, attributes=""):
    return (f'<virtio_device name="{name}" type="block" {attributes}>'
            f'<file path="{path}"/></virtio_device>\n')


packed = gzip.compress(image(pe_bytes=64 * KIB), mtime=0)
FILES = {
    "Image": image(),
    "Image.gz": packed,
    "Image.zst": zstd(image()),
    "kernel.text": b"root=/dev/vda\n",
    "kernel.empty": b"",
    "kernel.short": image()[:48],
    "kernel.cut": image(48 * KIB, pe_bytes=64 * KIB),
    "kernel.big-endian": image(flags=3),
    "kernel.huge": image(memory_bytes=1 << 30),
    "kernel.wild": image(memory_bytes=1 << 63),
    "kernel.bzImage": at(4096, 0x202, b"HdrS"),
    "kernel.zImage": zimage(),
    "kernel.zImage.be": zimage(order=0x01020304),
    "kernel.zImage.cut": zimage(48 * KIB),
    "kernel.zImage.dtb": zimage(64 * KIB + 1234),
    "kernel.vmlinux": at(4096, 0, b"\x7fELF"),
    "kernel.uImage": at(4096, 0, b"\x27\x05\x19\x56"),
    "kernel.xz": at(4096, 0, b"\xfd7zXZ\0"),
    "kernel.cut.gz": packed[:len(packed) // 2],
    "kernel.bad.gz": packed[:40] + b"\xff\xff\xff\xff" + packed[44:],
    "kernel.text.gz": gzip.compress(b"not a kernel\n", mtime=0),
    "kernel.cut.zst": zstd(image())[:1000],
    "x86.bzImage": bzimage(),
    "x86.bzImage.gz": gzip.compress(bzimage(), mtime=0),
    "x86.header-cut": bzimage()[:0x240],
    "x86.cut": bzimage()[:20 * KIB],
    "x86.cut-inside.gz": gzip.compress(bzimage()[:20 * KIB], mtime=0),
    "x86.old": bzimage(version=0x203),
    "x86.zImage": bzimage(flags=0),
    "x86.short-header": bzimage(jump=0x30),
    "x86.wild": bzimage(pref=1 << 63),
    "x86.unaligned": bzimage(align=3),
    "x86.huge": bzimage(init_bytes=1 << 30),
    "x86.few-bootargs": bzimage(bootargs_max=10),
    "x86.low-initrd": bzimage(initrd_max=4 * MIB),
    "x86.text": b"root=/dev/vda\n",
    "x86.uImage": at(4096, 0, b"\x27\x05\x19\x56"),
    "x86.vmlinux": vmlinux(),
    "x86.vmlinux.gz": gzip.compress(vmlinux(), mtime=0),
    "x86.vmlinux-cut": vmlinux()[:20 * KIB],
    "x86.vmlinux-cut.gz": gzip.compress(vmlinux(), mtime=0)[:50],
    "x86.vmlinux-cut-inside.gz": gzip.compress(vmlinux()[:20 * KIB], mtime=0),
    "x86.vmlinux-header-cut": vmlinux()[:100],
    "x86.vmlinux-32": elf32(),
    "x86.vmlinux-arm64": vmlinux(machine=183),
    "x86.vmlinux-nothing": vmlinux((NOTE, 4 * KIB, 0, 0, 0)),
    "x86.vmlinux-program": vmlinux((INTERP, 4 * KIB, 0, 16, 16)),
    "x86.vmlinux-low": vmlinux((LOAD, 4 * KIB, 0, KIB, KIB)),
    "x86.vmlinux-high": vmlinux((LOAD, 4 * KIB, (1 << 64) - KIB, KIB, 2 * KIB)),
    "x86.vmlinux-less": vmlinux((LOAD, 4 * KIB, 16 * MIB, 2 * KIB, KIB)),
    "x86.vmlinux-overlap": vmlinux((LOAD, 4 * KIB, 16 * MIB, KIB, MIB),
                                   (LOAD, 8 * KIB, 16 * MIB + KIB, KIB, KIB)),
    "x86.vmlinux-twice": vmlinux((LOAD, 4 * KIB, 16 * MIB, KIB, KIB),
                                 (LOAD, 4 * KIB, 17 * MIB, KIB, KIB)),
    "x86.vmlinux-parts": vmlinux(*((LOAD, (4 + i) * KIB, (16 + i) * MIB, KIB, KIB)
                                   for i in range(9))),
    "x86.vmlinux-entry": vmlinux(entry=20 * MIB),
    "x86.vmlinux-notes": vmlinux((LOAD, 4 * KIB, 16 * MIB, KIB, KIB),
                                 (NOTE, 8 * KIB, 0, MIB, MIB)),
    "bios.odd": bytes(65 * KIB),
    "bios.large": bytes(4 * MIB),
    "initrd.text": b"this is no initrd\n",
    "initrd.huge": (0x1f8b, 100 * MIB),
    "initrd.large": (0x1f8b, 20 * MIB),
    "overlay.text": b"/dts-v1/;\n/plugin/;\n",
    "overlay.garbage": b"\xd0\x0d\xfe\xed" + b"garbage",
    "disk.img": bytes(4096),
    "disk.empty": b"",
    "disk.odd": bytes(1000),
    "locked": b"<config/>",
    "vm.xml": VM.format("", ""),
    "text.xml": "ram_size = 64M\n",
    "empty.xml": b"",
    "blank.xml": "\n\n",
    "cut.xml": '<config kernel_rom="Image" ram_size="64M"\n',
    "open.xml": '<config kernel_rom="Image" ram_size="64M" cpu_count="1">\n<uart>\n',
    "two.xml": VM.format("", "") * 2,
    "other.xml": '<domain type="kvm"/>\n',
    "binary.xml": bytes(range(256)),
    "utf16.xml": VM.format("", "").encode("utf-16"),
    "entity.xml": '<!DOCTYPE config [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n'
                  '<config name="&e;"/>\n',
    "laughs.xml": '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n<l>&b;</l>\n',
    "include.xml": VM.format('xmlns:xi="http://www.w3.org/2001/XInclude"',
                              '<xi:include href="/etc/passwd" parse="text"/>\n'),
    "deep.xml": "<config>" * 20000,
    "long.xml": (0x3c, 1 << 30),
    "quote.xml": '<config ram_size=64M cpu_count="1"/>\n',
    "many.xml": '<config kernel_rom="none" ram_size="64MB" cpucount="2" gic_version="4">\n'
                '<virtio_device name="a" type="blok"/>\n'
                '<virtio_device name="a b" type="rng"/>\n'
                + disk("d", "disk.odd") + "</config>\n",
    "disks.xml": VM.format("", "".join((
        disk("missing", "none.img"), disk("empty", "disk.empty"), disk("odd", "disk.odd"),
        disk("folder", "folder"), disk("device", "/dev/null"), disk("good", "disk.img")))),
    "secret": b"",
    "secret.large": bytes(MIB + 1),
    "items.xml": VM.format("", """
<fw_cfg name="opt/a" file="none"/>
<fw_cfg name="opt/b" file="folder"/>
<fw_cfg name="b" string="x"/>
<fw_cfg name="opt/b" string="x"/>
<credential name="a" string="secret"/>
<credential name="b" file="none"/>
<credential name="c" file="pipe"/>
<credential name="d" file="locked"/>
<credential name="e" file="secret.large"/>
<credential name="f" credential="f"/>
<credential name="g" file="secret" fd="3"/>
<credential name="a/b" file="secret"/>
"""),
    "shared.4m": (0, 4 * MIB),
    "shared.xml": VM.format("", """
<shared_memory name="a" path="folder" size="2M"/>
<shared_memory name="b" path="shared.4m" size="6M"/>
<shared_memory name="c" path="none" size="2M" readonly="yes"/>
<shared_memory name="d" path="none/file" size="2M"/>
<shared_memory name="e" path="pipe" size="2M"/>
<shared_memory name="f" path="locked" size="2M"/>
<shared_memory name="a" path="new" size="2M"/>
<shared_memory name="g" path="new2" size="1M"/>
<shared_memory name="h" path="new3" size="2M" address="0x100000"/>
"""),
    "places.xml": VM.format("", """
<shared_memory name="ram" path="new1" size="2M" address="0x40000000"/>
<shared_memory name="into-ram" path="new2" size="4M" address="0x3fe00000"/>
<shared_memory name="device" path="new3" size="2M" address="0x9000000"/>
<shared_memory name="good" path="new4" size="4M" address="4G"/>
<shared_memory name="overlap" path="new5" size="2M" address="0x100200000"/>
<shared_memory name="beyond" path="new6" size="2M" address="0x10000000000"/>
<shared_memory name="large" path="new7" size="2048G"/>
"""),
    "fd.xml": VM.format("", '<credential name="a" fd="1000"/>'),
    "readonly.xml": VM.format("", disk("a", "disk.mode") + disk("b", "disk.mode2",
                                                                 'readonly="yes"')),
    "balloon.xml": VM.format("", '<virtio_device name="a" type="balloon" size="64M"/>\n'
                             '<virtio_device name="b" type="balloon" stats_interval="1s">'
                             '<stdio/></virtio_device>\n'),
    "vsock.xml": VM.format("", '<virtio_device name="a" type="vsock" cid="2"/>\n'
                               '<virtio_device name="b" type="vsock" mac="02:00:00:00:00:01">'
                               '<vhost/></virtio_device>\n'
                               '<virtio_device name="c" type="vsock"><tap/></virtio_device>\n'),
    "input.xml": VM.format("", '<virtio_device name="a" type="input" kind="mouse"/>\n'
                               '<virtio_device name="b" type="input"/>\n'
                               '<virtio_device name="c" type="block" kind="touch">'
                               '<file path="disk.img"/></virtio_device>\n'
                               '<virtio_device name="d" type="input" kind="touch">'
                               '<stdio/></virtio_device>\n'
                               '<virtio_device name="e" type="input">'
                               '<evdev device="/dev/input/event0"/></virtio_device>\n'),
    "root.img": at(4 * KIB, 0x438, b"\x53\xef"),
    "gpu.xml": VM.format("", '<virtio_device name="a" type="gpu" max_memory="4M"/>\n'
                         '<virtio_device name="b" type="gpu" width="1280" scanouts="32">'
                         '<null/></virtio_device>\n'),
    "pmem.xml": VM.format("", "".join(
        f'<virtio_device name="p{i}" type="pmem"{more}/></virtio_device>\n'
        for i, more in enumerate((
            '><file path="none.img"', '><file path="disk.odd"', '><file path="/dev/null"',
            '><file path="folder"', '><file path="disk.empty"', '><file path="pmem.mode"',
            ' readonly="yes"><file path="pmem.mode"', '><file path="pmem.mode" shared="no"')))),
    "memory.xml": VM.format("", '<memory image="map" hugepages="1G" merge="yes" lock="on"/>\n'),
    "shares.xml": VM.format("", '<memory shared="no"/>\n' + "".join(
        f'<virtio_device name="d{i}" {rest}</virtio_device>\n' for i, rest in enumerate((
            'type="fs" tag="a"><virtiofsd path="none"/>',
            'type="fs" tag="a"><virtiofsd path="disk.img" binary=""/>',
            'type="fs"><virtiofsd path="a,b"/>', 'type="fs" tag="b">',
            'type="vhost_user" id="disk"><unix path="a.sock"/>',
            'type="vhost_user"><virtiofsd path="folder"/>')))),
    "signed.xml": VM.format("", '<verify manifest="vm.sig" key="none.pem"/>\n'),
    "keyless.xml": VM.format("", '<verify manifest="vm.sig"/>\n'),
    "unmade.xml": VM.format("", '<verify manifest="none.sig" key="none.pem"/>\n'),
    "garbage.xml": VM.format("", '<verify manifest="disk.img" key="none.pem"/>\n'),
    "map.xml": VM.format("", '<memory image="map"/>\n'
                             '<verify manifest="vm.sig" minimum_version="x"/>\n'),
    "vm.sig": b"bonsai manifest 1\n-----BEGIN SIGNATURE-----\nAAEC\n-----END SIGNATURE-----\n",
    "policy.xml": '<policy unsigned="run"><trust key="none.pem" name="vm"/></policy>\n',
    "policy.nobody": "<policy/>\n",
    "policy.wrong": '<policy unsigned="never">\n<trust name="a b"/>\n<key/>\n</policy>\n',
    "nokernel.xml": '<config ram_size="64M" cpu_count="1"/>\n',
}
FOLDERS = ["folder", "roms"]
HELP = "(the help)"


def set_(*words):
    return ["check", *(part for word in words for part in ("--set", word)), "vm.xml"]


def x86(*words):
    return ["check", "--host", "arch=x86_64", *set_(*words)[1:]]


# A command line a case: words, or one string to split.
CASES = [
    "", "frob", "--frob", "-x", "help", "-h", "--help", "--version",
    "check", "check vm.xml other.xml", "check --frob vm.xml", "check -x vm.xml",
    "check --help", "host --help", "host vm.xml", "plan", "dtb",
    ["check", ""], ["check", "vm.xml", ""], "check -- -vm.xml", "check -",
    "list vm", "status a b", "stop", "stop vm.xml web", "pause --frob web", "reset ./vm.xml",
    "powerdown --wait=soon web", "console --uart web hvc0", "console --watch=yes web",
    "balloon web much", "screendump web", "screendump --head=16 web a.png", "send-key web", "top -n 0", "resume --socket",
    "verify vm.xml", "run --require-signed vm.xml", "run --key none.pem vm.xml",
    "run --set cpu_count=2 signed.xml", "run signed.xml", "run unmade.xml", "run garbage.xml",
    "run keyless.xml", "run --require-signed signed.xml", "run --policy policy.xml signed.xml",
    "run --policy policy.nobody vm.xml", "run --policy policy.nobody signed.xml",
    "run --policy policy.wrong vm.xml", "run --policy none.xml vm.xml", "check map.xml",
    "run --require-signed --kernel Image root.img", "check --key none.pem vm.xml",
    "sign vm.xml", "sign --version 1 signed.xml", "sign --version -1 --unsigned signed.xml",
    "sign --version 1 --key none.key vm.xml", "sign --version 1 --key none.key signed.xml",
    "sign --version 1 --key vm.sig --unsigned signed.xml", "sign --key vm.xml --version 1 signed.xml",
    "sign --version 1 --unsigned --name a signed.xml", "keygen", "keygen a b",
    "keygen --type dsa a", "keygen none/a",
    "check --set", "check --set vm.xml", "check --set =1 vm.xml", "check --set= vm.xml",
    "check vm.xml --set", "check --rom-dir", "check --rom-dir= vm.xml",
    "check --rom-dir roms vm.xml", "check --rom-dir roms nokernel.xml",
    "check -o tree.dtb vm.xml", "plan --output tree.dtb vm.xml", "dtb -o",
    ["dtb", "-o", "", "vm.xml"], "dtb -o folder vm.xml", "dtb -o none/tree.dtb vm.xml",
    "dtb -o /dev/null vm.xml", "dtb -o /dev/full vm.xml",
    set_("color=blue"), set_("cpucount=2"), set_("ram_size="), set_("cpu_count=0"),
    set_("name=../up"), set_("gic_version=1"), set_("kernel_rom="),
    "check --host", "check --host vm.xml", "check --host gic vm.xml",
    "check --host gic=4 vm.xml", "check --host ipa=31 vm.xml", "check --host cat=yes vm.xml",
    "check --host pmu=maybe vm.xml", "check --host gic=3 vm.xml",
    "check --host gic=none vm.xml", "check vm.xml --host gic=2 ipa=40",
    "check --host gic=2 --set gic_version=3 vm.xml",
    "check --host gic=none --set gic_version=3 vm.xml",
    ["check", "--host", "vcpus=4", "--set", "cpu_count=5", "vm.xml"],
    set_("cpu_count=9"), set_("bootargs=" + "a" * 5000), set_("arch=armv7"),
    set_("arch=armv7", "kernel_rom=kernel.zImage.dtb", "ram_size=4G"),
    set_("arch=arm64", "kernel_rom=kernel.zImage"),
    set_("kernel_rom=kernel.zImage", "bootargs=" + "a" * 1024),
    ["check", "--host", "el1_32bit=no", "cpu=arm,neoverse-n1", "--set",
     "kernel_rom=kernel.zImage", "vm.xml"],
    ["check", "--host", "ipa=48", "--set", "kernel_rom=kernel.zImage", "--set",
     "ram_size=1024G", "vm.xml"],
    "check --host arch=armv7 vm.xml",
    ["check", "--host", "arch=armv7", "--set", "kernel_rom=kernel.zImage", "vm.xml"],
    set_("arch=x86_64"),
    "check none.xml", "check folder", "check locked", "check text.xml", "check empty.xml",
    "check blank.xml", "check cut.xml", "check open.xml", "check two.xml",
    "check other.xml", "check binary.xml", "check utf16.xml", "check entity.xml",
    "check laughs.xml", "check include.xml", "check deep.xml", "check long.xml",
    "check quote.xml", "check pipe", "check /dev/zero", "check many.xml",
    "run many.xml", "check disks.xml", "plan disks.xml", "check items.xml", "plan fd.xml", "check readonly.xml", "check nokernel.xml",
    "check shared.xml", "check places.xml",
    "check --host arch=x86_64 --set kernel_rom=x86.bzImage places.xml",
    "check memory.xml", "check shares.xml",
    "check balloon.xml",
    "check vsock.xml",
    "check input.xml",
    "check gpu.xml", "check pmem.xml",
    *(set_("kernel_rom=" + name) for name in sorted(FILES) if name.startswith("kernel.")),
    *(x86("kernel_rom=" + name) for name in sorted(FILES) if name.startswith("x86.")),
    x86("kernel_rom=x86.bzImage", "ram_size=32M"), x86("kernel_rom=x86.vmlinux", "ram_size=16M"),
    x86("kernel_rom=x86.few-bootargs", "bootargs=panic=-1 ro"),
    x86("kernel_rom=x86.bzImage", "bootargs=" + 250 * "panic=-1 "),
    x86("kernel_rom=x86.bzImage", "initrd_rom=initrd.huge"),
    x86("kernel_rom=x86.bzImage", "cpu_type=x86-64-v9"),
    "check --host arch=x86_64 level=2 --set kernel_rom=x86.bzImage --set cpu_type=x86-64-v3 vm.xml",
    x86("kernel_rom=x86.low-initrd", "initrd_rom=initrd.large"),
    x86("kernel_rom=x86.bzImage", "firmware_rom=bios.odd"),
    x86("kernel_rom=x86.bzImage", "firmware_rom=bios.large"),
    x86("kernel_rom=x86.bzImage", "arch=arm64"), set_("kernel_rom=x86.bzImage"),
    set_("kernel_rom=x86.cut"), set_("kernel_rom=x86.vmlinux"),
    set_("kernel_rom=none"), set_("kernel_rom=folder"), set_("kernel_rom=pipe"),
    set_("kernel_rom=/dev/null"), set_("kernel_rom=locked"), set_("kernel_rom=Image.gz"),
    set_("kernel_rom=Image.zst"), set_("kernel_rom=Image.gz", "ram_size=1M"),
    set_("initrd_rom=none"), set_("initrd_rom=initrd.text"), set_("initrd_rom=folder"),
    set_("initrd_rom=initrd.huge"), set_("dtb_overlay_rom=none"),
    set_("dtb_overlay_rom=overlay.text"), set_("dtb_overlay_rom=overlay.garbage"),
    set_("kernel_rom=kernel.text", "initrd_rom=initrd.text none2", "cpu_count=9"),
    set_("kernel_rom=kernel.text", "initrd_rom=initrd.text", "cpu_count=9"),
    "dtb --set dtb_overlay_rom=overlay.garbage vm.xml",
    "check root.img", "check --kernel Image root.img", "run --print-xml vm.xml",
    "check --print-xml root.img", "check --mem 64M vm.xml", "check --init /bin/sh none.xml",
    "check --kernel Image --mem 64X --cpus 0 root.img", "run --print-xml=yes root.img",
    "check --kernel Image --mem 99999999999999999999 root.img",
    "check --kernel none --initrd none root.img", "check --kernel vm.xml root.img",
    "check --kernel Image --net bridge root.img", "check --kernel Image --net tap: root.img",
    "check --kernel Image --disk none.img root.img", "check --kernel Image --disk root.img root.img",
    "check --kernel Image --share . root.img", "check --kernel Image --share .: root.img",
    "check --kernel Image --share none:src root.img",
    "check --kernel Image --share .:src --share .:src root.img",
    f"check --kernel Image --share .:{40 * 'x'} root.img",
    "check --kernel Image root.img vm.xml", "check --config root.img",
    "check --config vm.xml vm.xml", "check --config - --mem 1", "check --kernel",
    "check --name router vm.xml", "check --name ../up vm.xml", "run -", "plan --config -",
    "mktap", "mktap --bridge", "mktap tap/0", "mktap a b", "mktap --frob tap0",
    "mktap --delete --queues tap0", "mktap --user nobody-at-all tapx0", "mktap an-interface-too-long",
    "mktap lo", "mktap --delete tapx0",
    "lease", "lease --card none lease.sock", "lease --card Image lease.sock", "lease a b",
    "plan --set kernel_rom=kernel.empty vm.xml",
]
# Standard output on a full device.
FULL = ["--help", "--version", "plan vm.xml", "dtb vm.xml"]


def make_files(folder):
    for name, content in FILES.items():
        path = folder / name
        if isinstance(content, tuple):
            path.write_bytes(struct.pack(">H", content[0]))
            os.truncate(path, content[1])
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    for name in FOLDERS:
        (folder / name).mkdir()
    for name, size in (("disk.mode", 512), ("disk.mode2", 512), ("pmem.mode", 2 * MIB)):
        (folder / name).write_bytes(bytes(size))
        (folder / name).chmod(0o444)
    (folder / "locked").chmod(0)
    os.mkfifo(folder / "pipe", 0o644)
    if IS_ROOT:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)


def snapshot(folder):
    return sorted((path.name, path.stat().st_size, path.stat().st_mode)
                  for path in folder.rglob("*"))


def run(words, folder, stdout=subprocess.PIPE):
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if IS_ROOT else {}
    host = HOST if words and words[0] in ("check", "plan", "dtb") else []
    if "--host" in words or "--" in words:
        host = []
    try:
        return subprocess.run([folder.parent / "bonsai", *words[:1], *host, *words[1:]],
                              cwd=folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, timeout=60, **user)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, "hang", "", "")


def shown(words):
    return " ".join((word if len(word) < 60 else word[:57] + "...") or "''"
                    for word in words)


def report(case, folder, help_text, full):
    words = case.split() if isinstance(case, str) else case
    with open("/dev/full" if full else "/dev/null", "w", encoding="utf-8") as sink:
        done = run(words, folder, sink if full else subprocess.PIPE)
    said = done.stderr
    if help_text and said == help_text:
        said = HELP + "\n"
    lines = [f"$ bonsai {shown(words)}{' >/dev/full' if full else ''}",
             *("  " + line for line in said.splitlines()), f"[{done.returncode}]"]
    problem = None
    if done.returncode and done.stdout:
        problem = "printed on standard output all the same"
    if done.returncode not in (0, 1, 2):
        problem = f"ended with {done.returncode}"
    if done.returncode and not said:
        problem = "failed without a word"
    if done.returncode == 0 and any(": note: " not in line for line in said.splitlines()):
        problem = "succeeded with a complaint"
    return "\n".join(lines) + "\n", problem


def main():
    failures = []
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)
        base.chmod(0o755)
        shutil.copy(program, base / "bonsai")
        folder = base / "vms"
        folder.mkdir()
        make_files(folder)
        before = snapshot(folder)
        help_text = run(["--help"], folder).stdout
        parts = []
        for case, full in [*((c, False) for c in CASES), *((c, True) for c in FULL)]:
            part, problem = report(case, folder, help_text, full)
            parts.append(part)
            if problem:
                failures.append(f"{part}{problem}")
        if snapshot(folder) != before:
            failures.append(f"the folder has changed: {before} {snapshot(folder)}")
    # Messages name files as given, but some of them by the folder of the moment.
    text = "\n".join(parts).replace(str(base), "BASE")
    return expected.compare(text, expected_path, write, failures)


sys.exit(main())
