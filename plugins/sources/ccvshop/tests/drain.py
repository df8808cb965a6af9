"""Fetch a whole shop in a process of its own, and say how many documents came and how much memory that took (KiB)."""

import json
import sys
from pathlib import Path

from boekbrug.contract import Window
from boekbrug.runtime.clock import SystemClock
from boekbrug.runtime.http import HttpPort
from boekbrug.testing import KitContext
from boekbrug_ccvshop.plugin import UNIT, CcvShop
from boekbrug_ccvshop.settings import CcvSettings


def main(settings: str) -> None:
    context = KitContext(http=HttpPort(), clock=SystemClock())
    source = CcvShop(context, CcvSettings(**json.loads(settings)))
    count = sum(len(page.documents) for page in source.fetch(UNIT, Window(), ""))
    # not ru_maxrss: a child begins with that of the process that made it
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    sys.stdout.write(json.dumps({"documents": count, "memory": int(peak.split()[1])}))


if __name__ == "__main__":
    main(sys.argv[1])
