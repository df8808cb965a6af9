from tests.unit.booking.drafts import items, one
from tests.unit.booking.shop import EVIDENCE, book, item, line, order, shipping
from tests.unit.booking.test_terms import compose

from boekbrug.booking.explain import explain


def test_each_line_names_the_settings_it_came_from() -> None:
    document = order(line("121.00"), shipping("4.95"), paid={"ideal": "100.00"})
    draft = one(document)
    explained = explain(draft, [item(document)], book(), EVIDENCE)
    assert {row.line.account: row.settings for row in explained} == {
        "1060": ("payments.ideal",),
        "1300": ("debtor",),
        "8000": ("vat[0]",),
        "8090": ("vat[0]", "lines.shipping"),
        "1500": ("vat[0]", "lines.shipping"),
    }


def test_line_of_a_day_names_its_documents_with_their_shares() -> None:
    documents = [
        order(line("121.00"), paid={"ideal": "121.00"}, number="W1"),
        order(line("60.50"), paid={"ideal": "60.50"}, number="W2"),
    ]
    (draft,) = compose(*documents).drafts
    paid = explain(draft, items(*documents), book(mode="day"), EVIDENCE)[0]
    assert [(share.number, share.minor) for share in paid.shares] == [("W1", 12100), ("W2", 6050)]
