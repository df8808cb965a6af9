"""The part of the control API that knows books: look at all of them, close periods, move divisions, revoke grants."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from boekbrug_exactonline_standin.oauth import Answer, User
from boekbrug_exactonline_standin.odata import Row, shown
from boekbrug_exactonline_standin.world import Division

if TYPE_CHECKING:
    from boekbrug_exactonline_standin.app import Exact

_encode = msgspec.json.Encoder(decimal_format="string").encode
Period = tuple[str, int, int]


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change, in one division where it concerns one."""

    in_division: int = 1234567
    close: list[Period] = []
    open: list[Period] = []
    switches: dict[str, Any] = {}
    limits: dict[str, int] = {}
    customer: dict[str, Any] = {}
    account: dict[str, Any] = {}
    journal: dict[str, Any] = {}
    vat: dict[str, Any] = {}
    division: dict[str, Any] = {}
    user: User | None = None
    language: str = ""
    revoke: str = ""
    move: dict[str, Any] = {}
    process: list[str] = []
    delete: list[str] = []
    #: ledger lines by their ID, with what the bookkeeper changes of each
    alter: dict[str, dict[str, Any]] = {}
    match: dict[str, Decimal] = {}


class Control:
    """Shows and sets the state of an Exact."""

    def __init__(self, exact: "Exact") -> None:
        self._exact = exact

    def answer(self, method: str, body: bytes) -> Answer:
        """Answer a call of the control API."""
        if method == "POST":
            self.change(msgspec.json.decode(body, type=Change))
        return Answer(200, _encode(self._state()), {"Content-Type": "application/json"})

    def change(self, asked: Change) -> None:
        """Change the state."""
        division = self._exact.divisions[asked.in_division]
        division.closed |= set(asked.close)
        division.closed -= set(asked.open)
        self._exact.switches |= asked.switches
        for name, value in asked.limits.items():
            setattr(self._exact.limits, name, value)
        for name, value in asked.division.items():
            setattr(division, name, value)
        if asked.customer:
            self._customer(division, asked.customer)
        tables = (division.accounts, asked.account), (division.journals, asked.journal), (division.vat, asked.vat)
        for table, values in tables:
            if values:
                table[values["Code"]] |= {name: value for name, value in values.items() if name != "Code"}
        self._people(asked)
        for id in asked.process:
            division.entries[id]["Status"] = 50
        for id in asked.delete:
            self.delete(division, id)
        for row in division.ledger:
            row.update(asked.alter.get(row["ID"], {}))
        division.matched |= asked.match
        if asked.move:
            self._move(division, asked.move)

    def delete(self, division: Division, id: str) -> None:
        """Take an entry out of the books."""
        del division.entries[id]
        division.ledger[:] = [row for row in division.ledger if row["EntryID"] != id]
        division.entry_lines[:] = [row for row in division.entry_lines if row["EntryID"] != id]

    def _customer(self, division: Division, values: dict[str, Any]) -> None:
        id = values.get("ID")
        if id is None:
            division.add_customer(self._exact.clock.now(), **values)
        else:
            division.customers[id] |= values

    def _people(self, asked: Change) -> None:
        tokens = self._exact.tokens
        if asked.user is not None:
            tokens.users[asked.user.id] = asked.user
            tokens.at_the_door = asked.user.id
        if asked.language:
            tokens.users[tokens.at_the_door].language = asked.language
        if asked.revoke:
            tokens.revoke(asked.revoke)

    def _move(self, division: Division, asked: dict[str, Any]) -> None:
        """Hand a division to another owner; `code` and `copy` make the variant with new ids."""
        exact = self._exact
        for user in exact.tokens.users.values():
            user.divisions = [code for code in user.divisions if code != division.code]
        division.owner, division.owner_name = asked["owner"], asked.get("owner_name", "")
        division.moved_at = exact.clock.now()
        for row in division.ledger:
            row["Timestamp"] = 0
        if asked.get("copy"):
            division.rename_ids()
        del exact.divisions[division.code]
        division.code = asked.get("code", division.code)
        exact.divisions[division.code] = division
        if asked.get("to"):
            exact.tokens.users[asked["to"]].divisions.append(division.code)

    def _state(self) -> dict[str, Any]:
        return {
            "tokens": self._exact.tokens.state(),
            "divisions": {str(code): _books(division) for code, division in self._exact.divisions.items()},
        }


def _books(division: Division) -> dict[str, Any]:
    return {
        "entries": [_shown(row) for row in division.entries.values()],
        "ledger": [_shown(row) for row in division.ledger],
        "documents": [_shown(row) for row in division.documents.values()],
        "attachments": [_shown(row) for row in division.attachments],
        "customers": [_shown(row) for row in division.customers.values()],
        "closed": sorted(division.closed),
    }


def _shown(row: Row) -> Row:
    return {name: shown(value) for name, value in row.items() if not name.startswith("_")}
