"""The shop's own report of a period, put into the folder beside its documents: a second source to compare with."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from boekbrug.contract import CannotTell, FileStat, Folder, Totals
from boekbrug_files.faults import RowFault
from boekbrug_files.kinds import is_report, suffix_of
from boekbrug_files.values import amount, fraction

_LINES = (".jsonl", ".ndjson")
_ONE_DAY = dt.timedelta(days=1)


class NoReport(Exception):
    """A day has no report, or a report does not read."""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a shop says that it sold over days, both included: with VAT, and the VAT in it per rate in percent."""

    first: dt.date = msgspec.field(name="from")
    last: dt.date = msgspec.field(name="to")
    gross: str | int
    vat: dict[str, str | int]
    count: int | None = None


_decode = msgspec.json.Decoder(Report | list[Report]).decode
_decode_lines = msgspec.json.Decoder(Report).decode_lines


def totals_of(folder: Folder, limit: int, start: dt.date, end: dt.date) -> Totals | CannotTell:
    """Add up reports that follow each other from the first day to the last; of one span the newest file counts."""
    try:
        chosen = list(_chosen(folder, limit, start, end))
        vat: dict[str, Decimal] = {}
        for one in chosen:
            for rate, of_rate in one.vat.items():
                name = f"{fraction(rate, 'vat').normalize():f}"
                vat[name] = vat.get(name, Decimal(0)) + amount(of_rate, f"vat.{rate}")
        gross = sum((amount(one.gross, "gross") for one in chosen), Decimal(0))
    except NoReport as none:
        return CannotTell(reason=str(none))
    except RowFault as fault:
        return CannotTell(reason=f"a report with {fault.facts['field']} {fault.facts['value']}")
    counts = [one.count for one in chosen if one.count is not None]
    return Totals(gross=gross, vat_by_rate=vat, count=sum(counts) if len(counts) == len(chosen) else None)


def _chosen(folder: Folder, limit: int, start: dt.date, end: dt.date) -> Iterator[Report]:
    """Yield the reports that cover the days, the longest that fits first; raise NoReport for a day without one."""
    found = {(one.first, one.last): one for one in _reports(folder, limit) if start <= one.first <= one.last < end}
    day = start
    while day < end:
        lasts = [last for first, last in found if first == day]
        if not lasts:
            raise NoReport(f"no report of {day}")  # noqa: EM102 - read by people alone
        yield found[day, max(lasts)]
        day = max(lasts) + _ONE_DAY


def _reports(folder: Folder, limit: int) -> Iterator[Report]:
    files = [file for file in folder.files() if is_report(file.name) and file.size <= limit]
    for file in sorted(files, key=lambda file: (file.changed_ns, file.name)):
        yield from _read(folder, file)


def _read(folder: Folder, file: FileStat) -> list[Report]:
    try:
        with folder.open(file.name) as stream:
            content = stream.read()
        found = _decode_lines(content) if suffix_of(file.name) in _LINES else _decode(content)
    except (msgspec.DecodeError, UnicodeError, OSError) as error:
        raise NoReport(f"{file.name}: {error}") from error  # noqa: EM102
    return found if isinstance(found, list) else [found]
