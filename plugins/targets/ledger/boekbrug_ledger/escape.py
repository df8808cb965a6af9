"""Text of others inside our files: what is looked up is encoded and comes back whole, prose is only made harmless."""

import re
from urllib.parse import quote, unquote

LONGEST_TEXT = 500
"""Characters kept of one text: books are read by people, and a record has to end somewhere."""

_PLAIN = re.compile(r"[A-Za-z0-9._/+#@&=*-]*").fullmatch


def encode(code: str) -> str:
    """Write a mark, number or code in ASCII without anything that either dialect gives a meaning; never two alike."""
    return code if _PLAIN(code) else quote(code, safe="/+#@&=*", errors="surrogatepass")


def decode(written: str) -> str:
    """Undo `encode`; what a person typed and nobody encoded is taken as it is."""
    if "%" not in written:
        return written
    try:
        return unquote(written, errors="surrogatepass")
    except UnicodeDecodeError:
        return written


def one_line(text: str) -> str:
    """Make text one line of printable characters."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    return text[:LONGEST_TEXT].rstrip() if len(text) > LONGEST_TEXT else text
