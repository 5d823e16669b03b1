"""Starts a program whose disk can fill up and whose folders can be closed; run as `confined.py FOLDER BYTES ARGV…`.

FOLDER becomes a disk of its own with room for so many bytes, where the system lets anybody have one (a mount in a
namespace of the program's own); else it stays what it is. Root gives up what lets it write where it may not.
"""

from __future__ import annotations

import ctypes
import os
import sys

_NEW_NAMESPACES = 0x10000000 | 0x00020000  # of users, of mounts
_NO_NEW_PRIVILEGES = 38
_CAPABILITIES_3 = 0x20080522
_WRITE_ANYWHERE = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def main() -> None:
    folder, size, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if (child := os.fork()) == 0:  # tried out first: what fails half-way leaves a process that is nobody
            os._exit(0 if _have_disk(libc, folder, size) else 1)
        if os.waitpid(child, 0)[1] == 0:
            _have_disk(libc, folder, size)
        _obey_permissions(libc)
    os.execvp(argv[0], argv)


def _have_disk(libc: ctypes.CDLL, folder: str, size: int) -> bool:
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_NAMESPACES) != 0:
        return False
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError:
        return False
    return bool(libc.mount(b"small", os.fsencode(folder), b"tmpfs", 0, b"mode=0700,size=%d" % size) == 0)


def _obey_permissions(libc: ctypes.CDLL) -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) == 0:
        for at in range(3):
            sets[at] &= ~_WRITE_ANYWHERE
        libc.capset(header, sets)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)  # else root would have it all back with the next program


if __name__ == "__main__":
    main()
