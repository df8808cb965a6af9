"""What can be wrong with a shop and its sales: stable codes with their facts, texts in locale/."""

from types import ModuleType

from boekbrug.contract import ProblemCode, ProblemText
from boekbrug_ccvshop.locale import de, en, nl

_LANGUAGES: dict[str, ModuleType] = {"nl": nl, "en": en, "de": de}

_OF_DOCUMENTS = {
    "ccvshop-total-differs": ("lines", "total"),
    "ccvshop-rows-missing": ("lines", "total"),
    "ccvshop-rows-refused": ("status",),
    "ccvshop-rows-unreadable": ("reason",),
    "ccvshop-sale-refused": ("resource", "status"),
    "ccvshop-row-kind": ("line", "type"),
    "ccvshop-vat-not-derived": ("costs", "tax"),
    "ccvshop-vat-ambiguous": ("costs",),
    "ccvshop-vat-differs": ("tax", "computed"),
    "ccvshop-vat-hidden": ("tax",),
    "ccvshop-vat-on-intra-eu": ("tax",),
    "ccvshop-cancelled-but-paid": (),
    "ccvshop-no-payment-method": (),
    "ccvshop-reimbursed-without-credit": (),
}
_OF_CONNECTIONS = {
    "ccvshop-answer-not-signed": ("resource",),
    "ccvshop-app-missing": ("resource",),
    "ccvshop-unreadable": ("what", "reason"),
    "ccvshop-write-back-refused": ("resource", "status"),
}
_RETRY_HELPS = frozenset(
    {"ccvshop-answer-not-signed", "ccvshop-rows-refused", "ccvshop-rows-unreadable", "ccvshop-sale-refused"}
)


def _code(code: str, facts: tuple[str, ...], where: str) -> ProblemCode:
    texts = {}
    for language, module in _LANGUAGES.items():
        message, cause, fix = module.TEXTS[code]
        texts[language] = ProblemText(message=message, cause=cause, fix=fix, where=getattr(module, where))
    return ProblemCode(code=code, texts=texts, facts=facts, retry_helps=code in _RETRY_HELPS)


CODES = (
    *(_code(code, facts, "WHERE_CONNECTION") for code, facts in _OF_CONNECTIONS.items()),
    *(_code(code, ("document", *facts), "WHERE_DOCUMENT") for code, facts in _OF_DOCUMENTS.items()),
)
