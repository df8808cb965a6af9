"""Which processes of this host live; a worker whose process has gone is proven dead."""

import gc
import socket
from pathlib import Path

_PROC = Path("/proc")


def host_identity() -> str:
    """Name this host as far as process numbers mean the same: host, boot and process namespace."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()} {boot} {namespace}"


def started(pid: int) -> str:
    """Return the moment at which a process started, in ticks since boot; "" when there is no such process."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    # the name in brackets may hold spaces; the start is the 22nd field, the 20th after it
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state == "Z" else fields[18]


def is_alive(pid: int, start: str) -> bool:
    """Tell whether the process with this number is the one that started then."""
    return bool(start) and started(pid) == start


def spare_the_collector() -> None:
    """Let the garbage collector look seldom, and never at what was loaded: a tenth of a long run's time.

    Rows and structs hold no cycles; they go when their last reference goes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
