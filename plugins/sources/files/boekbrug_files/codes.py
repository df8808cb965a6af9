"""What can be wrong with files and rows: stable codes with their facts, texts in locale/."""

from types import ModuleType

from boekbrug.contract import ProblemCode, ProblemText
from boekbrug_files.locale import de, en, nl

_LANGUAGES: dict[str, ModuleType] = {"nl": nl, "en": en, "de": de}

_OF_FILES = {
    "files-not-readable": ("reason",),
    "files-empty": (),
    "files-too-large": ("size", "limit"),
    "files-unknown-column": ("field",),
    "files-column-twice": ("field",),
}
_OF_ROWS = {
    "files-line-too-long": ("limit",),
    "files-not-utf8": (),
    "files-not-json": ("detail",),
    "files-csv": ("detail",),
    "files-missing-field": ("field",),
    "files-unknown-field": ("field",),
    "files-number": ("field",),
    "files-amount": ("field", "value"),
    "files-moment": ("field", "value"),
    "files-wrong-value": ("field", "detail"),
    "files-one-amount": ("field",),
    "files-rows-differ": ("field",),
    "files-twice": ("document", "first"),
}
_OF_DOCUMENTS = {
    "files-uncertain-moment": ("document", "field", "value", "zone"),
    "files-credit-sign": ("document", "total"),
    "files-no-payment": ("document", "status"),
}


def _code(code: str, facts: tuple[str, ...], where: str, *, retry_helps: bool = False) -> ProblemCode:
    texts = {}
    for language, module in _LANGUAGES.items():
        message, cause, fix = module.TEXTS[code]
        texts[language] = ProblemText(message=message, cause=cause, fix=fix, where=getattr(module, where, ""))
    return ProblemCode(code=code, texts=texts, facts=facts, retry_helps=retry_helps)


CODES = (
    _code("files-folder", ("folder", "reason"), "", retry_helps=True),
    *(_code(code, ("file", "row", *facts), "WHERE_FILE") for code, facts in _OF_FILES.items()),
    *(_code(code, ("file", "row", *facts), "WHERE") for code, facts in _OF_ROWS.items()),
    *(_code(code, facts, "WHERE_DOCUMENT") for code, facts in _OF_DOCUMENTS.items()),
)
