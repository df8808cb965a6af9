"""Which files are read, and what kind of documents a file holds by its name."""

from pathlib import PurePosixPath

from boekbrug.contract import DocumentKind

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".csv"})
_WORDS = {kind.value: kind for kind in DocumentKind}


def is_read(name: str) -> bool:
    """Tell whether a file is one of ours by its ending."""
    return suffix_of(name) in SUFFIXES


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
