"""One walk through a folder: what changed since the last, in pages."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import BinaryIO

from boekbrug.contract import Context, Document, DocumentKind, FileStat, Page, Unreadable
from boekbrug_files.csvfile import CsvFile
from boekbrug_files.cursor import Part, Progress, key_of, stamp_of
from boekbrug_files.faults import RowFault, unreadable
from boekbrug_files.jsonfile import JsonFile
from boekbrug_files.jsonlines import JsonLines
from boekbrug_files.kinds import is_read, kind_of, suffix_of
from boekbrug_files.mapping import Mapper
from boekbrug_files.records import Records
from boekbrug_files.settings import FilesSettings

PAGE = 1000
REST_NS = 2_000_000_000
"""A file that changed less than two seconds ago may still be being written."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_LINES = (".jsonl", ".ndjson")

Identity = tuple[DocumentKind, str]


class Walk:
    """Reads changed files, those that changed longest ago first, so that the newest word on a document comes last."""

    def __init__(self, context: Context, settings: FilesSettings, mapper: Mapper, cursor: str) -> None:
        self._folder = context.folder(settings.folder)
        self._log = context.log
        self._mapper = mapper
        self._limit = settings.whole_file_limit * 1024 * 1024
        self._now_ns = (context.clock.now() - _EPOCH) // _MICROSECOND * 1000
        self._progress = Progress.from_cursor(cursor)
        self._begun_at = self._progress.cursor()
        self._documents: dict[Identity, Document] = {}
        self._unreadable: list[Unreadable] = []
        self._cleared: list[str] = []
        #: names of files that were left for later
        self.left: list[str] = []

    def pages(self, is_wanted: Callable[[Document], bool] | None = None) -> Iterator[Page]:
        """Yield pages of the documents that are wanted; a document of a page is its newest state there."""
        files = {stamp_of(file): file for file in self._folder.files() if is_read(file.name)}
        self._progress.keep_only(set(files))
        self._clear_vanished({_shown(file.name) for file in files.values()})
        fresh = [(file.changed_ns, file.name, stamp) for stamp, file in files.items()]
        for _, _, stamp in sorted(fresh):
            if stamp not in self._progress.settled:
                yield from self._file(files[stamp], stamp, is_wanted)
        page = self._page()
        if page.documents or page.unreadable or page.cleared or page.cursor != self._begun_at:
            yield page

    def _clear_vanished(self, names: set[str]) -> None:
        for name in [name for name in self._progress.troubled if name not in names]:
            del self._progress.troubled[name]
            self._cleared.append(name)

    def _file(self, file: FileStat, stamp: bytes, is_wanted: Callable[[Document], bool] | None) -> Iterator[Page]:
        is_rested = not 0 <= self._now_ns - file.changed_ns < REST_NS
        try:
            with self._folder.open(file.name) as stream:
                records = self._records(stream, file, is_rested)
                yield from self._read(file, stamp, records, is_wanted)
        except FileNotFoundError:
            self.left.append(file.name)
            return
        except RowFault as fault:
            self._refuse(fault, file, None)
        except OSError as error:
            self._refuse(RowFault("files-not-readable", reason=error.strerror or str(error)), file, None)
            self.left.append(file.name)
            return
        else:
            self._finish(file, records)
            if records.is_unfinished:
                return
        self._progress.part = None
        if is_rested:  # else a later change may leave size and moment as they are
            self._progress.settled[stamp] = None

    def _records(self, stream: BinaryIO, file: FileStat, is_rested: bool) -> Records:
        suffix = suffix_of(file.name)
        if suffix in _LINES:
            return JsonLines(stream, file.size, is_rested, self._progress.tails.get(key_of(file)))
        if file.size > self._limit:
            raise RowFault("files-too-large", size=_mib(file.size), limit=_mib(self._limit))
        content = stream.read(file.size)
        return CsvFile(content, is_rested) if suffix == ".csv" else JsonFile(content, is_rested)

    def _read(
        self, file: FileStat, stamp: bytes, records: Records, is_wanted: Callable[[Document], bool] | None
    ) -> Iterator[Page]:
        kind = kind_of(file.name)
        to_document = self._mapper.document
        documents, broken = self._documents, self._unreadable
        is_stream = isinstance(records, JsonLines)
        first_rows: dict[Identity, int | None] = {}
        done = self._begin(file, stamp, records)
        for count, (row, found) in enumerate(records, 1):
            try:
                if isinstance(found, RowFault):
                    raise found
                document = to_document(found, kind)
                identity = (document.kind, document.source_id)
                if not is_stream and first_rows.setdefault(identity, row) != row:
                    raise RowFault("files-twice", document=document.number, first=str(first_rows[identity]))
            except RowFault as fault:
                if count > done:
                    self._refuse(fault, file, row)
            else:
                if count > done and (is_wanted is None or is_wanted(document)):
                    documents[identity] = document
            if len(documents) >= PAGE or len(broken) >= PAGE:
                self._mark(file, stamp, records, count)
                yield self._page()

    def _begin(self, file: FileStat, stamp: bytes, records: Records) -> int:
        """Return how many documents an earlier walk handed over of this very file, read as a whole."""
        part = self._progress.part
        if part is not None and part.stamp == stamp and not isinstance(records, JsonLines):
            return part.count
        if records.is_whole and not records.is_unfinished:
            self._clear(file)
        return 0

    def _clear(self, file: FileStat) -> None:
        # on the page that reading begins on, not on the one where it ends: what earlier pages of this walk found
        # must stay
        self._cleared.append(_shown(file.name))
        self._progress.troubled.pop(_shown(file.name), None)

    def _mark(self, file: FileStat, stamp: bytes, records: Records, count: int) -> None:
        if isinstance(records, JsonLines):
            self._progress.remember_tail(key_of(file), records.tail())
        else:
            self._progress.part = Part(stamp, count)

    def _finish(self, file: FileStat, records: Records) -> None:
        if isinstance(records, JsonLines):
            self._progress.remember_tail(key_of(file), records.tail())
            if records.is_broken_at_end:
                self._progress.tails.pop(key_of(file))
        if records.is_unfinished:
            self.left.append(file.name)
            self._log.info("file-left-for-later", file=_shown(file.name), reason="still being written")

    def _refuse(self, fault: RowFault, file: FileStat, row: int | None) -> None:
        name = _shown(file.name)
        self._progress.troubled[name] = None
        self._unreadable.append(unreadable(fault, name, row))

    def _page(self) -> Page:
        page = Page(
            documents=tuple(self._documents.values()),
            cursor=self._progress.cursor(),
            unreadable=tuple(self._unreadable),
            cleared=tuple(self._cleared),
        )
        for taken in (self._documents, self._unreadable, self._cleared):
            taken.clear()
        return page


def _shown(name: str) -> str:
    """Return a name that every database takes, also of a file whose name is not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def _mib(size: int) -> str:
    return f"{size / 1048576:.0f} MiB"
