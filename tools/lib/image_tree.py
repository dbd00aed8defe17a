# SPDX-License-Identifier: Apache-2.0
"""The tree of files that an image is made of, built from layers of tar (POSIX.1-2001 pax, GNU)
as the OCI image specification (image-spec, layer.md) stacks them.

An archive is read once, from front to back. It is hostile until shown otherwise: its names
lead nowhere but into the tree, and what it may cost is bounded. Contents are kept in files of
a folder, named by number; nothing is made under a name of the archive here.
"""

import os
import stat
import tarfile

ENTRIES_MAX = 1 << 20
DEVICES_MAX = 4096
LINKS_MAX = 40
NAME_BYTES_MAX = 255
PATH_BYTES_MAX = 4096
XATTR_BYTES_MAX = 64 << 10
HEADER_BYTES_MAX = 1 << 20
CHUNK = 1 << 16
ZEROS = bytes(CHUNK)


class Refused(Exception):
    """What is wrong with the source, in words."""


class Inode:
    """A file of any kind; several names may have it."""

    __slots__ = ("mode", "uid", "gid", "mtime_ns", "xattrs", "layer", "names", "content",
                 "target", "rdev", "children", "bytes_kept")

    def __init__(self, mode, layer, uid=0, gid=0, mtime_ns=0):
        self.mode, self.uid, self.gid, self.mtime_ns = mode, uid, gid, mtime_ns
        self.layer = layer
        self.names = 0
        self.xattrs = {}
        self.content = None     # of a file: the number of what is kept
        self.bytes_kept = 0     # its blocks
        self.target = b""       # of a symbolic link
        self.rdev = (0, 0)      # of a device
        self.children = {} if stat.S_ISDIR(mode) else None


class Header(tarfile.TarInfo):
    """One whose extended headers cannot be of any size."""

    def _proc_member(self, tar):
        if self.size > HEADER_BYTES_MAX and self.type in (
                tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
                tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            raise Refused(f"an extended header of {self.size} bytes")
        return super()._proc_member(tar)


def shown(name):
    text = os.fsdecode(name)
    text = text if len(text) < 120 else text[:117] + "..."
    return "'" + text.encode("ascii", "backslashreplace").decode() + "'"


def parts_of(name, what="name"):
    """The components of an archive's name, none of which leads up or out."""
    raw = os.fsencode(name)
    if raw.startswith(b"/"):
        raise Refused(f"{what} {shown(raw)} is absolute")
    parts = [part for part in raw.split(b"/") if part not in (b"", b".")]
    if b".." in parts:
        raise Refused(f"{what} {shown(raw)} leads out of the archive")
    if len(raw) > PATH_BYTES_MAX or any(len(part) > NAME_BYTES_MAX for part in parts):
        raise Refused(f"{what} {shown(raw)} is too long")
    if b"\0" in raw:
        raise Refused(f"{what} {shown(raw)} has a zero byte")
    return parts


class Tree:
    def __init__(self, folder, bytes_max):
        self.folder = folder
        self.bytes_left = bytes_max
        self.layer = 0
        self.entries = self.devices = self.contents = 0
        self.root = Inode(stat.S_IFDIR | 0o755, 0)
        os.mkdir(folder)

    # ---- names -------------------------------------------------------------------------

    def lookup(self, parts, follow_last=True, make=False):
        """The inode of a path, symbolic links taken as within the tree; None: not there."""
        stack, todo, links = [self.root], list(reversed(parts)), 0
        while todo:
            part = todo.pop()
            here = stack[-1]
            if here.children is None:
                return None
            if part == b"..":
                if len(stack) > 1:
                    stack.pop()
                continue
            child = here.children.get(part)
            if child is None and make:
                child = Inode(stat.S_IFDIR | 0o755, self.layer)
                self.place(here, part, child)
            if child is None:
                return None
            if stat.S_ISLNK(child.mode) and (todo or follow_last):
                links += 1
                if links > LINKS_MAX:
                    raise Refused(f"more than {LINKS_MAX} symbolic links to {shown(part)}")
                if child.target.startswith(b"/"):
                    stack = [self.root]
                todo += [step for step in reversed(child.target.split(b"/"))
                         if step not in (b"", b".")]
                continue
            stack.append(child)
        return stack[-1]

    def folder_of(self, parts):
        """Where a name is to be; folders that no entry made are root's."""
        folder = self.lookup(parts[:-1], make=True)
        if folder is None or folder.children is None:
            raise Refused(f"{shown(b'/'.join(parts))} is below something that is no folder")
        return folder

    def place(self, folder, name, inode):
        self.entries += 1
        if self.entries > ENTRIES_MAX:
            raise Refused(f"more than {ENTRIES_MAX} entries")
        old = folder.children.get(name)
        inode.names += 1
        folder.children[name] = inode
        if old is not None:
            self.drop(old)

    def drop(self, inode):
        """A name less; without any, the contents go too. Trees are deep: no recursion."""
        todo = [inode]
        while todo:
            inode = todo.pop()
            inode.names -= 1
            if inode.names > 0:
                continue
            if inode.children:
                todo += inode.children.values()
            if inode.content is not None:
                os.unlink(self.content_path(inode))

    def content_path(self, inode):
        return os.path.join(self.folder, str(inode.content))

    def open(self, name):
        """A file's contents by its path in the tree; None where there is no such file."""
        inode = self.lookup(parts_of(name))
        if inode is None or inode.content is None:
            return None
        return open(self.content_path(inode), "rb")

    def walk(self):
        """(path, inode) of everything below the root, a folder before what is in it."""
        todo = [(b"", self.root)]
        while todo:
            path, folder = todo.pop()
            for name, inode in folder.children.items():
                below = path + b"/" + name if path else name
                yield below, inode
                if inode.children is not None:
                    todo.append((below, inode))

    # ---- whiteouts ---------------------------------------------------------------------

    def clear_lower(self, folder):
        """Takes away what lower layers put there."""
        todo = [folder]
        while todo:
            here = todo.pop()
            for name, inode in list(here.children.items()):
                if inode.layer == self.layer:
                    if inode.children is not None:
                        todo.append(inode)
                elif inode.children is not None and self.has_upper(inode):
                    todo.append(inode)
                else:
                    del here.children[name]
                    self.drop(inode)

    def has_upper(self, folder):
        todo = [folder]
        while todo:
            for inode in todo.pop().children.values():
                if inode.layer == self.layer:
                    return True
                if inode.children is not None:
                    todo.append(inode)
        return False

    def whiteout(self, parts):
        """Whether the entry says that others of lower layers are gone, and not more."""
        name = parts[-1]
        if not name.startswith(b".wh."):
            return False
        folder = self.lookup(parts[:-1])
        if folder is None or folder.children is None:
            return True
        if name == b".wh..wh..opq":
            self.clear_lower(folder)
        elif not name.startswith(b".wh..wh."):
            inode = folder.children.get(name[4:])
            if inode is not None and inode.layer != self.layer:
                del folder.children[name[4:]]
                self.drop(inode)
        return True

    # ---- entries -----------------------------------------------------------------------

    def keep(self, source, size):
        """Contents into a file of their own, zeros as holes; its number and its blocks."""
        if size > self.bytes_left:
            raise Refused("more data than fit: say a larger --size")
        self.bytes_left -= size
        self.contents += 1
        with open(os.path.join(self.folder, str(self.contents)), "wb") as out:
            left = size
            while left:
                chunk = source.read(min(left, CHUNK))
                if not chunk:
                    raise Refused("the archive ends in the middle of a file")
                if chunk == ZEROS[:len(chunk)]:
                    out.seek(len(chunk), os.SEEK_CUR)
                else:
                    out.write(chunk)
                left -= len(chunk)
            out.truncate(size)
            out.flush()
            return self.contents, os.fstat(out.fileno()).st_blocks * 512

    def add_tar(self, source, whiteouts):
        """A layer above those that are there. source is read to its end."""
        self.layer += 1
        with tarfile.open(fileobj=source, mode="r|", tarinfo=Header, encoding="utf-8",
                          errors="surrogateescape") as tar:
            count = 0
            for member in tar:
                tar.members = []
                count += 1
                if count > ENTRIES_MAX:
                    raise Refused(f"more than {ENTRIES_MAX} entries")
                self.add_member(tar, member, whiteouts)

    def add_member(self, tar, member, whiteouts):
        parts = parts_of(member.name)
        if not parts:
            if member.isdir():
                self.set_attributes(self.root, member)
            return
        if whiteouts and self.whiteout(parts):
            return
        folder = self.folder_of(parts)
        if member.islnk():
            self.add_link(folder, parts, member)
            return
        inode = self.make_inode(tar, member)
        old = folder.children.get(parts[-1])
        if old is not None and old.children is not None and inode.children is not None:
            old.layer = self.layer
            self.set_attributes(old, member)
        else:
            self.place(folder, parts[-1], inode)

    def add_link(self, folder, parts, member):
        target = self.lookup(parts_of(member.linkname, "link to"), follow_last=False)
        if target is None:
            raise Refused(f"{shown(member.name)} is a link to {shown(member.linkname)}, "
                          "which is not there")
        if target.children is not None:
            raise Refused(f"{shown(member.name)} is a hard link to a folder")
        if folder.children.get(parts[-1]) is not target:
            self.place(folder, parts[-1], target)

    def make_inode(self, tar, member):
        kinds = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK,
                 tarfile.CHRTYPE: stat.S_IFCHR, tarfile.BLKTYPE: stat.S_IFBLK,
                 tarfile.FIFOTYPE: stat.S_IFIFO}
        if not member.isreg() and member.type not in kinds:
            raise Refused(f"{shown(member.name)} is of the unknown type {member.type!r}")
        inode = Inode(kinds.get(member.type, stat.S_IFREG), self.layer)
        self.set_attributes(inode, member)
        if member.isreg():
            if member.size < 0:
                raise Refused(f"{shown(member.name)} has {member.size} bytes")
            inode.content, inode.bytes_kept = self.keep(tar.extractfile(member), member.size)
        elif member.issym():
            inode.target = os.fsencode(member.linkname)
            if not inode.target or len(inode.target) >= PATH_BYTES_MAX or b"\0" in inode.target:
                raise Refused(f"{shown(member.name)} is a link to nowhere")
        elif member.ischr() or member.isblk():
            self.set_device(inode, member.name, member.devmajor, member.devminor)
        return inode

    def set_device(self, inode, name, major, minor):
        self.devices += 1
        if self.devices > DEVICES_MAX:
            raise Refused(f"more than {DEVICES_MAX} device nodes")
        if not (0 <= major < 1 << 12 and 0 <= minor < 1 << 20):
            raise Refused(f"{shown(name)} is device {major}:{minor}, which Linux does not have")
        inode.rdev = (major, minor)

    def set_attributes(self, inode, member):
        for number in (member.uid, member.gid):
            if not 0 <= number < 0xffffffff:
                raise Refused(f"{shown(member.name)} is owned by {number}")
        inode.mode = stat.S_IFMT(inode.mode) | member.mode & 0o7777
        inode.uid, inode.gid = member.uid, member.gid
        inode.mtime_ns = int(min(max(member.mtime, 0), 0xffffffff) * 10**9)
        inode.xattrs = {}
        for key, value in member.pax_headers.items():
            if key.startswith("SCHILY.xattr."):
                inode.xattrs[os.fsencode(key[13:])] = value.encode("utf-8", "surrogateescape")
        if sum(map(len, inode.xattrs.values())) > XATTR_BYTES_MAX:
            raise Refused(f"{shown(member.name)} has more than 64 KiB of attributes")

    # ---- a folder of the host ------------------------------------------------------------

    def add_folder(self, path, own_is_root):
        """What is below path; what belongs to the calling user is root's where asked for."""
        seen = {}
        todo = [(os.fsencode(path), self.root)]
        self.copy_attributes(self.root, os.fsencode(path), own_is_root)
        while todo:
            where, folder = todo.pop()
            for entry in sorted(os.scandir(where), key=lambda entry: entry.name):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISSOCK(status.st_mode):
                    continue
                inode = seen.get((status.st_dev, status.st_ino))
                if inode is None:
                    inode = Inode(status.st_mode, 0)
                    self.copy_attributes(inode, entry.path, own_is_root)
                    self.copy_contents(inode, entry.path, status)
                if status.st_nlink > 1 and inode.children is None:
                    seen[status.st_dev, status.st_ino] = inode
                self.place(folder, entry.name, inode)
                if inode.children is not None:
                    todo.append((entry.path, inode))

    def copy_contents(self, inode, path, status):
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb") as source:
                inode.content, inode.bytes_kept = self.keep(source, status.st_size)
        elif stat.S_ISLNK(status.st_mode):
            inode.target = os.readlink(path)
        elif stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            self.set_device(inode, path, os.major(status.st_rdev), os.minor(status.st_rdev))

    @staticmethod
    def copy_attributes(inode, path, own_is_root):
        status = os.lstat(path)
        inode.mode, inode.mtime_ns = status.st_mode, max(status.st_mtime_ns, 0)
        inode.uid, inode.gid = status.st_uid, status.st_gid
        if own_is_root:
            inode.uid = 0 if inode.uid == os.getuid() else inode.uid
            inode.gid = 0 if inode.gid == os.getgid() else inode.gid
        try:
            for name in os.listxattr(path, follow_symlinks=False):
                inode.xattrs[os.fsencode(name)] = os.getxattr(path, name, follow_symlinks=False)
        except OSError:
            pass  # a file system without attributes

    def flat(self):
        """(path, inode) of everything, the root first; the tree is of no more use then."""
        records = [(b"", self.root), *self.walk()]
        for _, inode in records:
            if inode.children is not None:
                inode.children = {}
        return records


# ---- made real ---------------------------------------------------------------------------

def materialize(records, contents, out):
    """The records as files below the new folder out; under fakeroot, so to say."""
    first, folders = {}, []
    for path, inode in records:
        path = os.path.join(os.fsencode(out), path) if path else os.fsencode(out)
        if inode.children is not None:
            os.mkdir(path)
            folders.append((path, inode))
            continue
        if id(inode) in first:
            os.link(first[id(inode)], path, follow_symlinks=False)
            continue
        first[id(inode)] = path
        if stat.S_ISLNK(inode.mode):
            os.symlink(inode.target, path)
        elif inode.content is not None:
            os.rename(os.path.join(contents, str(inode.content)), path)
        else:
            os.mknod(path, stat.S_IFMT(inode.mode) | 0o600, os.makedev(*inode.rdev))
        apply(path, inode)
    for path, inode in reversed(folders):
        apply(path, inode)


def apply(path, inode):
    os.chown(path, inode.uid, inode.gid, follow_symlinks=False)
    for name, value in inode.xattrs.items():
        os.setxattr(path, name, value, follow_symlinks=False)
    if not stat.S_ISLNK(inode.mode):
        os.chmod(path, stat.S_IMODE(inode.mode))
    os.utime(path, ns=(inode.mtime_ns, inode.mtime_ns), follow_symlinks=False)
