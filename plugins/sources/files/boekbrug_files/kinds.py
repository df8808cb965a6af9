"""Which files are read, and what kind of documents a file holds by its name."""

from pathlib import PurePosixPath

from boekbrug.contract import SOURCE_KINDS, DocumentKind

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".csv"})
REPORT = "totals"
"""What the name of a file with the shop's own totals begins with, or that of its folder."""
_WORDS = {kind.value: kind for kind in DocumentKind if kind in SOURCE_KINDS}


def is_read(name: str) -> bool:
    """Tell whether a file holds documents, by its ending; the shop's own reports hold none."""
    return suffix_of(name) in SUFFIXES and not _is_named_report(name)


def is_report(name: str) -> bool:
    """Tell whether a file holds the shop's own totals: it, or a folder it is in, is called so."""
    return suffix_of(name) in SUFFIXES - {".csv"} and _is_named_report(name)


def _is_named_report(name: str) -> bool:
    return any(part.lower().startswith(REPORT) for part in PurePosixPath(name).parts)


def suffix_of(name: str) -> str:
    """Return the ending in small letters."""
    return PurePosixPath(name).suffix.lower()


def kind_of(name: str) -> DocumentKind:
    """Return the kind that a file's name begins with, else its innermost folder's that does, else order."""
    for part in reversed(PurePosixPath(name).parts):
        word = part.lower().replace("_", "-").replace(" ", "-")
        for start, kind in _WORDS.items():
            if word.startswith(start):
                return kind
    return DocumentKind.ORDER
