"""The files of one administration: the chart, the declarations, the main file, and a file of entries per year."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

from boekbrug.contract import MINOR_DIGITS, FileStat, Folder, Log, Problem
from boekbrug_ledger.beancount import Beancount
from boekbrug_ledger.chart import CHART, Book, ChartFault, DeclaredAccount, read_chart
from boekbrug_ledger.dialect import Dialect, Transaction
from boekbrug_ledger.escape import decode, one_line
from boekbrug_ledger.hledger import Hledger
from boekbrug_ledger.names import Root
from boekbrug_ledger.records import torn_at, transactions

DIALECTS: tuple[type[Dialect], ...] = (Hledger, Beancount)


def dialect_of(name: str) -> type[Dialect] | None:
    """Return the dialect of a file by the end of its name."""
    return next((dialect for dialect in DIALECTS if name.endswith(dialect.suffix)), None)


class Books:
    """One administration's folder; every change is made under its lock."""

    def __init__(self, folder: Folder, log: Log, label: str) -> None:
        self._folder = folder
        self._log = log
        self._chart_file = f"{label}/{CHART}" if label else CHART
        self._memo: tuple[bytes, Book] | None = None

    def book(self) -> Book:
        """Read the chart as it is now; raise ChartFault."""
        content = self._content(CHART)
        if content is None:
            raise ChartFault(Problem(code="ledger-chart-missing", facts={"file": self._chart_file}))
        if self._memo is None or self._memo[0] != content:
            self._memo = content, read_chart(content, self._chart_file)
        return self._memo[1]

    def append(self, name: str, records: Sequence[bytes], accounts: set[str]) -> set[str]:
        """Add records that post to `accounts`, all or none; return those that nothing declares (then none is added).

        Raise ChartFault, StorageFull or Retriable; then none is added either.
        """
        dialect = dialect_of(name)
        assert dialect is not None, name
        with self._folder.lock():
            declared = self._declare(dialect, self.book())
            if undeclared := accounts - declared.keys():
                return undeclared
            self._mend(name)
            self._include(dialect, name)
            self._folder.append(name, b"".join(records))
        return set()

    def codes(self) -> dict[str, str]:
        """Return the codes of the chart's accounts and of all that the books ever declared, by names in the books."""
        found: dict[str, str] = {}
        for dialect in DIALECTS:
            found |= _declared(self._content(f"accounts{dialect.suffix}") or b"", dialect)
        with suppress(ChartFault):
            found |= {account.name: account.code for account in self.book().accounts}
        return found

    def transactions(self, wanted: Callable[[str, bytes], bool]) -> Iterator[Transaction]:
        """Read the transactions for which `wanted(mark or "", first line)` holds, after mending what a kill left.

        What is read was whole under the lock: once its writer is dead, what is absent here stays absent.
        """
        for stat in self._whole_files():
            dialect = dialect_of(stat.name)
            assert dialect is not None
            with self._folder.open(stat.name) as file:
                yield from _read(file, stat, dialect, wanted)

    def _content(self, name: str) -> bytes | None:
        try:
            with self._folder.open(name) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def _declare(self, dialect: type[Dialect], book: Book) -> dict[str, str]:
        name = f"accounts{dialect.suffix}"
        old = self._content(name) or b""
        new = _declarations(dialect, book, _declared(old, dialect))
        if new != old:
            self._folder.replace(name, new)
        return _declared(new, dialect)

    def _include(self, dialect: type[Dialect], name: str) -> None:
        main = f"books{dialect.suffix}"
        if all(stat.name != name for stat in self._folder.files()):
            self._folder.replace(
                name, f"; {name}: entries by boekbrug, between its opening and closing lines\n".encode()
            )
        old = self._content(main)
        text = dialect.preamble(self.book().name) if old is None else old.decode(errors="surrogateescape")
        present = {line.strip() for line in text.splitlines()}
        wanted = [dialect.include(file) for file in (f"accounts{dialect.suffix}", name)]
        if missing := [line for line in wanted if line.strip() not in present]:
            between = "" if not text or text.endswith("\n") else "\n"
            self._folder.replace(main, (text + between + "".join(missing)).encode(errors="surrogateescape"))

    def _mend(self, name: str) -> int:
        """Cut off and keep aside what a kill left of a record; return the size of what is whole."""
        try:
            with self._folder.open(name) as file:
                size = file.seek(0, 2)
                cut = torn_at(file, size)
                if cut is None:
                    return size
                file.seek(cut)
                torn = file.read(size - cut)
        except FileNotFoundError:
            return 0
        self._folder.append(f"torn-{name.replace('/', '-')}.txt", torn + b"\n")
        self._folder.truncate(name, cut)
        self._log.warning("ledger-torn-record-cut", file=name, size=len(torn))
        return cut

    def _whole_files(self) -> list[FileStat]:
        with self._folder.lock():
            return [
                FileStat(name=stat.name, size=self._mend(stat.name), changed_ns=stat.changed_ns, inode=stat.inode)
                for stat in self._folder.files()
                if (dialect := dialect_of(stat.name)) and stat.name not in _own_files(dialect)
            ]


def _own_files(dialect: type[Dialect]) -> tuple[str, str]:
    return f"books{dialect.suffix}", f"accounts{dialect.suffix}"


def _declarations(dialect: type[Dialect], book: Book, earlier: dict[str, str]) -> bytes:
    """Declare all that entries may use, and what earlier ones used: a renamed account keeps its old name as well."""
    current = {account.name for account in book.accounts}
    parts = [f"; Accounts of {one_line(book.name)}, written from {CHART}; declare your own in another file.\n\n"]
    parts += [dialect.currency(code, digits) for code, digits in sorted(MINOR_DIGITS.items())]
    parts += ["\n", *(dialect.account(account) for account in book.accounts)]
    parts += [dialect.account(_former(name, code)) for name, code in earlier.items() if name not in current]
    return "".join(parts).encode()


def _former(name: str, code: str) -> DeclaredAccount:
    return DeclaredAccount(name=name, code=code, root=Root(name.partition(":")[0]))


def _declared(content: bytes, dialect: type[Dialect]) -> dict[str, str]:
    return {name: decode(code) for name, code in dialect.declared.findall(content.decode(errors="replace"))}


def _read(
    file: BinaryIO, stat: FileStat, dialect: type[Dialect], wanted: Callable[[str, bytes], bool]
) -> Iterator[Transaction]:
    for number, block in transactions(file, stat.size):
        found = dialect.mark.search(b"".join(block))
        mark = found[1].decode(errors="replace") if found else ""
        if not wanted(decode(mark), block[0]):
            continue
        read = dialect.read([line.decode(errors="replace").rstrip("\r\n") for line in block], f"{stat.name}:{number}")
        if read is not None:
            if mark:  # also where a person's change made the rest unreadable: never answer that it is absent
                read.tags.setdefault("mark", mark)
            yield read
