"""Check a licence's rules against the chart of its administration, before anything is booked."""

from collections.abc import Iterator

from boekbrug.contract import AccountType, Chart, ChartUse, Problem, Role, Use

#: a base is revenue; only these roles may stand elsewhere (bookkeeper.md §4.43)
_TYPES = {
    Role.DEBTOR: frozenset({AccountType.DEBTOR, AccountType.GENERAL}),
    Role.PAYMENT: frozenset({AccountType.GENERAL, AccountType.CASH, AccountType.BANK, AccountType.CREDITOR}),
    Role.VAT: frozenset({AccountType.VAT, AccountType.GENERAL}),
    Role.BASE: frozenset({AccountType.REVENUE}),
    Role.ROUNDING: frozenset({AccountType.COST, AccountType.REVENUE}),
}


def check_chart(use: ChartUse, chart: Chart) -> tuple[Problem, ...]:
    """List all that the rules use and the chart does not have, has blocked, or has for something else."""
    problems = [problem for one in use.uses for problem in _use_problems(one, chart)]
    journals = {journal.code: journal for journal in chart.journals}
    for kind, code in use.journals.items():
        journal = journals.get(code)
        if journal is None or journal.blocked or kind not in journal.kinds:
            facts = {"journal": code, "kind": kind.value, "setting": f"journals.{kind}"}
            problems.append(Problem(code="rules-journal-unfit", facts=facts))
    known = {condition.code for condition in chart.conditions}
    problems += [
        Problem(code="rules-condition-unknown", facts={"condition": code, "setting": "condition"})
        for code in use.conditions
        if code not in known
    ]
    return tuple(problems)


def _use_problems(use: Use, chart: Chart) -> Iterator[Problem]:
    account = next((account for account in chart.accounts if account.code == use.account), None)
    facts = {"account": use.account, "setting": use.setting}
    if account is None:
        yield Problem(code="rules-account-unknown", facts=facts)
    elif account.blocked:
        yield Problem(code="rules-account-blocked", facts=facts)
    elif account.type is AccountType.VAT and use.role is Role.OTHER and use.setting.startswith("accounts."):
        yield Problem(code="rules-vat-as-plain-line", facts=facts)
    elif use.role in _TYPES and account.type not in _TYPES[use.role]:
        facts |= {"type": account.type.value, "role": use.role.value}
        yield Problem(code="rules-account-type", facts=facts)
    if use.vat_code:
        yield from _code_problems(use, chart)


def _code_problems(use: Use, chart: Chart) -> Iterator[Problem]:
    code = next((code for code in chart.vat_codes if code.code == use.vat_code), None)
    facts = {"vat_code": use.vat_code, "setting": use.setting}
    if code is None or code.blocked:
        yield Problem(code="rules-vat-code-unknown", facts=facts)
    elif use.vat_rate is not None and code.rate != use.vat_rate:
        facts |= {"rate": str(use.vat_rate), "found": str(code.rate)}
        yield Problem(code="rules-vat-rate-differs", facts=facts)
