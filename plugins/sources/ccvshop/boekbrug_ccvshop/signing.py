"""Signatures over requests, answers, webhooks and installation steps: HMAC-SHA512 in lower-case hex."""

import hashlib
import hmac
from collections.abc import Mapping

from boekbrug.contract import HttpResponse


def sign(secret: str, *parts: str | bytes) -> str:
    """Sign parts joined by pipes; bodies are signed as the bytes that travel."""
    message = b"|".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hmac.new(secret.encode(), message, hashlib.sha512).hexdigest()


def fits(expected: str, told: str) -> bool:
    """Compare two signatures in constant time; what is no text of a header never fits."""
    return hmac.compare_digest(expected.encode(), told.encode())


def is_signed(answer: HttpResponse, keys: Mapping[str, str], method: str, target: str) -> bool:
    """Tell whether the shop signed an answer to a request for `target` (path and query)."""
    moment, told = answer.headers.get("x-date", ""), answer.headers.get("x-hash", "")
    return fits(sign(keys["secret"], keys["public"], method, target, answer.content, moment), told)
