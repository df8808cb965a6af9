"""Open problems in words: what, why, what to do about it, and where."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from boekbrug.contract import Problem, ProblemText
from boekbrug.problems import Catalogue
from boekbrug.store import connections, licences, problems, search
from boekbrug.store.connections import GRANT, TROUBLE
from boekbrug.store.problems import Open
from boekbrug.sync.house import House

PAGE = 500


class ShownProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem as a person reads it; `about` is a document's number, a place at a source, or a connection."""

    code: str
    severity: str
    about: str
    licence: str
    connection: str
    message: str
    cause: str
    fix: str
    where: str
    retry_helps: bool
    since: int
    facts: dict[str, str]


def list_open(house: House, language: str, *, licence: int | None = None) -> Iterator[ShownProblem]:
    """List all open problems, oldest first; those of one licence with those of its source."""
    with house.database.read() as connection:
        names = {row.id: row.name for row in connections.list_all(connection)}
        links = {row.id: row for row in licences.list_all(connection)}
    wanted = None if licence is None else links[licence]
    after = 0
    while page := _page(house, after):
        after = page[-1].id
        found = [one for one in page if wanted is None or one.licence == wanted.id or _of_source(one, wanted.source)]
        with house.database.read() as connection:
            numbers = search.numbers_of(connection, {one.document for one in found if one.document is not None})
        for one in found:
            yield show(
                house.plugins.problem_codes, one, language, numbers, names, {k: v.name for k, v in links.items()}
            )


def _page(house: House, after: int) -> Sequence[Open]:
    with house.database.read() as connection:
        return problems.list_open(connection, after=after, limit=PAGE)


def _of_source(one: Open, source: int) -> bool:
    return one.licence is None and one.connection == source


def show(
    codes: Catalogue,
    one: Open,
    language: str,
    numbers: Mapping[int, str],
    connection_names: Mapping[int, str],
    licence_names: Mapping[int, str],
) -> ShownProblem:
    """Put a problem into words."""
    number = numbers.get(one.document or 0, "")
    connection = connection_names.get(one.connection or 0, "")
    place = "" if one.place in (TROUBLE, GRANT) else one.place
    text = in_words(codes, Problem(code=one.code, facts=one.facts), language, number=number, place=place)
    code = codes.get(one.code)
    return ShownProblem(
        code=one.code, severity=one.severity, about=number or place or connection,
        licence=licence_names.get(one.licence or 0, ""), connection=connection, message=text.message, cause=text.cause,
        fix=text.fix, where=text.where, retry_helps=bool(code and code.retry_helps), since=one.opened_at,
        facts=one.facts,
    )  # fmt: skip


def in_words(codes: Catalogue, problem: Problem, language: str, **known: str) -> ProblemText:
    """Explain a problem, with what is known around it where its own facts do not say."""
    around = {name: value for name, value in known.items() if value}
    return codes.explain(Problem(code=problem.code, facts={**around, **problem.facts}), language)
