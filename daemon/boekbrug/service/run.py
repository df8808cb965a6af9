"""Run the service from its start to its end."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from types import FrameType

from boekbrug.runtime import log
from boekbrug.runtime.processes import spare_the_collector
from boekbrug.runtime.settings import Settings
from boekbrug.runtime.single import single
from boekbrug.service import notify
from boekbrug.service.pages import Pages, address_of, listen
from boekbrug.service.pool import Pool
from boekbrug.service.rhythm import schedule
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.web.app import create_app
from boekbrug.web.health import Crew


def main(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT, then finish the calls in hand; return the exit code.

    Raise a BoekbrugError that says what to do when the service cannot start: its database is in use by another daemon
    or of another release, its address is taken, its key is missing.
    """
    began = time.monotonic()
    log.configure(settings.log.level, settings.log.format)
    with ExitStack() as stack:
        stop = stack.enter_context(_asked_to_stop())
        house = stack.enter_context(_opened(settings))
        listener = stack.enter_context(listen(settings.service.host, settings.service.port))
        pool = Pool(house, settings.service.workers)
        spare_the_collector()
        pages = Pages(create_app(house, lambda: Crew(pool.well(), len(pool))), listener)
        pages.start()
        pool.start()
        scheduler = schedule(house, pool)
        house.log.info("service.ready", address=address_of(listener), seconds=round(time.monotonic() - began, 3))
        notify.tell(f"{notify.READY}\nSTATUS=Pages at {address_of(listener)}")
        stop.get()
        notify.tell(notify.STOPPING)
        house.log.info("service.stopping")
        scheduler.shutdown(wait=False)
        hanging = pool.stop()
        pages.stop()
        if hanging:
            house.log.warning("service.stopped", hanging=hanging)
        else:
            house.log.info("service.stopped")
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[House]:
    with single(settings.database_url):
        house = House(settings)
        try:
            if schema.is_empty(house.database):
                schema.upgrade(house.database)
            house.check_schema()
            yield house
        finally:
            house.close()


@contextmanager
def _asked_to_stop() -> Iterator[SimpleQueue[int]]:
    """Put the first SIGTERM or SIGINT into a queue; a second one ends the process at once."""
    # an event's lock is not the handler's to take: the signal may come while the same thread holds it to wait
    stop: SimpleQueue[int] = SimpleQueue()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def ask(asked: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_DFL)
        stop.put(asked)

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
