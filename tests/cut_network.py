"""Run a command with the network cut: `python cut_network.py COMMAND...`. Loopback stays, for notebook kernels.

On Linux the command gets a network namespace with loopback only, which no library can get round. Elsewhere, or where
that is forbidden, every Python process under it refuses to connect to anything but this machine.
"""

import ctypes
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1

GUARD = """
import socket

def _guarded(original):
    def connect(self, address):
        local = self.family not in (socket.AF_INET, socket.AF_INET6) or address[0] in ("127.0.0.1", "::1", "localhost")
        if not local:
            raise OSError(101, "Network is unreachable (cut by the test)")
        return original(self, address)
    return connect

def _lookup(host, *rest, _original=socket.getaddrinfo, **options):
    if host not in (None, "", "localhost", "127.0.0.1", "::1"):
        raise socket.gaierror(-3, "Temporary failure in name resolution (cut by the test)")
    return _original(host, *rest, **options)

socket.socket.connect = _guarded(socket.socket.connect)
socket.socket.connect_ex = _guarded(socket.socket.connect_ex)
socket.getaddrinfo = _lookup
"""


def own_network() -> bool:
    """Move this process into a network namespace with loopback up; False where that cannot be done."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    return True


def guard_python() -> None:
    """Make every Python process started from here refuse to connect elsewhere."""
    folder = tempfile.mkdtemp(prefix="twolevers-offline-")
    Path(folder, "sitecustomize.py").write_text(GUARD, "utf-8")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))


if __name__ == "__main__":
    if not own_network():
        guard_python()
    os.execvp(sys.argv[1], sys.argv[1:])
