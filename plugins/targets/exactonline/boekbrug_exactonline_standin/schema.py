"""The properties of each entity: what it shows, what it takes, and what a list has to be filtered by."""

from collections.abc import Mapping


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MONEY_LINE = """ID EntryID EntryNumber LineNumber GLAccount GLAccountCode AmountFC AmountDC AmountVATFC Date Account
    Description OurRef VATCode CostCenter"""

SCHEMAS: Mapping[str, tuple[str, ...]] = {
    "system/Divisions": _words(
        """Code Hid Description Customer CustomerCode CustomerName Status BlockingStatus Currency Country Legislation
        VATNumber ChamberOfCommerceNumber DivisionMoveDate IsMainDivision"""
    ),
    "financial/GLAccounts": _words(
        """ID Code Description Type BalanceSide BalanceType IsBlocked VATCode UseCostcenter UseCostunit Matching"""
    ),
    "financial/Journals": _words(
        """ID Code Description Type Currency AllowVariableCurrency AllowVariableExchangeRate AllowVAT IsBlocked
        GLAccount GLAccountCode"""
    ),
    "financial/FinancialPeriods": _words("ID FinYear FinPeriod StartDate EndDate"),
    "read/financial/JournalStatusList": _words("Journal Year Period JournalType Status"),
    "read/financial/ReceivablesList": _words(
        """HID EntryNumber AccountId AccountCode AccountName Amount AmountInTransit InvoiceNumber InvoiceDate DueDate
        JournalCode YourRef"""
    ),
    "vat/VATCodes": _words(
        """ID Code Description Percentage Type VATTransactionType Charged EUSalesListing OssCountry IntraStat IsBlocked
        GLToPay GLToPayCode GLToClaim GLToClaimCode"""
    ),
    "cashflow/PaymentConditions": _words(
        "ID Code Description PaymentMethod PaymentDays PaymentEndOfMonths Percentage"
    ),
    "hrm/Costcenters": _words("ID Code Description"),
    "crm/Accounts": _words(
        """ID Code Name Status IsSales Email AddressLine1 Postcode City Country VATNumber ChamberOfCommerce SearchCode
        Blocked Phone Remarks PaymentConditionSales Created Modified"""
    ),
    "salesentry/SalesEntries": _words(
        """EntryID EntryNumber InvoiceNumber Journal Customer EntryDate DueDate ReportingYear ReportingPeriod Currency
        Rate Description YourRef PaymentReference PaymentCondition OrderNumber Document Reversal ExternalLinkReference
        AmountFC AmountDC VATAmountFC VATAmountDC Status Type Division Created Modified"""
    ),
    "salesentry/SalesEntryLines": _words(
        """ID EntryID EntryNumber LineNumber GLAccount AmountFC VATCode VATAmountFC Description Quantity CostCenter
        CostUnit Project Notes From To"""
    ),
    "generaljournalentry/GeneralJournalEntries": _words(
        """EntryID EntryNumber JournalCode FinancialYear FinancialPeriod Currency ExchangeRate Reversal Status Type
        Division Created Modified"""
    ),
    "generaljournalentry/GeneralJournalEntryLines": _words(
        """ID EntryID EntryNumber LineNumber GLAccount Date Description AmountFC AmountVATFC VATCode VATPercentage
        Account CostCenter CostUnit Project Document OurRef Quantity Notes Asset"""
    ),
    "financialtransaction/CashEntries": _words(
        """EntryID EntryNumber JournalCode FinancialYear FinancialPeriod Currency OpeningBalanceFC ClosingBalanceFC
        Status Type Division Created Modified"""
    ),
    "financialtransaction/BankEntries": _words(
        """EntryID EntryNumber JournalCode FinancialYear FinancialPeriod Currency OpeningBalanceFC ClosingBalanceFC
        Status Type Division Created Modified"""
    ),
    "financialtransaction/CashEntryLines": _words(_MONEY_LINE),
    "financialtransaction/BankEntryLines": _words(_MONEY_LINE),
    "documents/Documents": _words(
        "ID Subject Type Account DocumentDate FinancialTransactionEntryID Body Category Created Modified"
    ),
    "documents/DocumentAttachments": _words("ID Document FileName FileSize Attachment Url"),
    "financialtransaction/TransactionLines": _words(
        """ID EntryID EntryNumber JournalCode FinancialYear FinancialPeriod Date LineNumber LineType Type Status
        GLAccount GLAccountCode GLAccountDescription AmountDC AmountFC AmountVATFC AmountVATBaseFC VATCode VATType
        Account AccountCode AccountName Description YourRef PaymentReference InvoiceNumber DueDate CostCenter
        Document Created Modified"""
    ),
}  # fmt: skip

_READ_ONLY = frozenset(_words("EntryID AmountDC VATAmountDC Status Type Division Created Modified LineNumber ID"))


def _writable(path: str, *more: str) -> tuple[str, ...]:
    return tuple(name for name in SCHEMAS[path] if name not in _READ_ONLY) + more


WRITABLE: Mapping[str, tuple[str, ...]] = {
    "crm/Accounts": (*_writable("crm/Accounts"), "Status"),
    "documents/Documents": _writable("documents/Documents", "Type"),
    "documents/DocumentAttachments": ("Document", "FileName", "Attachment"),
    "salesentry/SalesEntries": _writable("salesentry/SalesEntries", "SalesEntryLines"),
    "salesentry/SalesEntryLines": _writable("salesentry/SalesEntryLines"),
    "generaljournalentry/GeneralJournalEntries": _writable(
        "generaljournalentry/GeneralJournalEntries", "GeneralJournalEntryLines"
    ),
    "generaljournalentry/GeneralJournalEntryLines": _writable("generaljournalentry/GeneralJournalEntryLines"),
    "financialtransaction/CashEntries": _writable("financialtransaction/CashEntries", "CashEntryLines"),
    "financialtransaction/BankEntries": _writable("financialtransaction/BankEntries", "BankEntryLines"),
    "financialtransaction/CashEntryLines": _writable("financialtransaction/CashEntryLines"),
    "financialtransaction/BankEntryLines": _writable("financialtransaction/BankEntryLines"),
}

_CUSTOMER_FILTERS = """Code Created Email ID Name Modified Phone Postcode SearchCode Status VATNumber
    ChamberOfCommerce Country IsSales"""
_LEDGER_FILTERS = """Account AccountCode CostCenter Date Description Document EntryID EntryNumber FinancialPeriod
    FinancialYear GLAccount GLAccountCode ID InvoiceNumber JournalCode Modified Status Type VATCode VATType YourRef"""

MANDATORY: Mapping[str, tuple[str, ...]] = {
    "crm/Accounts": _words(_CUSTOMER_FILTERS),
    "financialtransaction/TransactionLines": _words(_LEDGER_FILTERS),
}
"""Lists that are refused without a filter on one of these."""
