"""Where each point of the sheets is shown: golden cases by name, tests by file and function.

`bookkeeper.md` §1 to §4 by point, the worked cases of the other sheets by section.
"""

UNIT = "tests/unit/booking/test_"
WHOLE = "tests/integration/test_"

BOOKKEEPER: dict[int, tuple[str, ...]] = {
    1: (
        "bk-01-sale",
        "bk-01-receipt",
        f"{UNIT}till.py::test_package_that_defers_vat_itself_gets_it_at_once",
        f"{UNIT}checks.py::test_voucher_defers_no_vat_of_what_is_left_open",
    ),
    2: (
        f"{UNIT}dates.py::test_tax_point_follows_money_or_invoice_and_never_the_order",
        f"{UNIT}dates.py::test_first_seen_paid_counts_where_the_source_has_no_paid_date",
        f"{UNIT}dates.py::test_order_date_near_a_period_end_is_not_used",
    ),
    3: (
        "bk-03-prepayment",
        "bk-03-invoice",
        "bk-03-paid-by-provider",
        f"{UNIT}union.py::test_supply_is_declared_by_its_invoice_and_not_by_its_payment",
        f"{UNIT}terms.py::test_intra_eu_supply_is_never_in_a_total",
    ),
    4: (f"{UNIT}individual.py::test_same_percentage_goes_to_the_country_of_arrival", "da-2.11-oss"),
    5: ("bk-05",),
    6: ("bk-06-receipt", "bk-06-final", "bk-06-voucher-sold", "bk-06-voucher-redeemed"),
    7: ("bk-07",),
    8: (f"{WHOLE}proofs.py::test_vies_up_down_slow_invalid_and_lying_loses_nothing",),
    9: ("bk-09-day", "bk-09-count", f"{UNIT}till.py::test_payment_clears_its_invoice_by_name"),
    10: (
        "bk-10",
        "da-2.9",
        f"{UNIT}individual.py::test_vat_beyond_a_cent_is_a_problem",
        f"{UNIT}till.py::test_rounding_is_capped_per_line_and_per_document",
    ),
    11: (
        f"{UNIT}dates.py::test_a_person_chooses_the_day_for_what_was_filed",
        f"{UNIT}dates.py::test_a_filed_return_holds_its_own_sales_only",
    ),
    12: ("bk-12-oss-return", f"{UNIT}dates.py::test_cause_of_a_credit_decides_its_period"),
    13: (f"{UNIT}individual.py::test_unpaid_orders_have_no_invoice_that_says_when_their_vat_is_due",),
    14: ("bk-14-sale", "bk-14-commission-and-payout", f"{UNIT}individual.py::test_platform_sale_is_a_problem"),
    15: ("bk-15", "bk-15-no-cost", "bk-15-loss", "bk-15-back", "bk-15-abroad"),
    16: ("da-1.1-export",),
    17: (
        "bex-8",
        "bex-9",
        "bk-17-advances",
        "bk-17-advances-back",
        f"{UNIT}till.py::test_vat_account_as_a_plain_line_is_refused",
        f"{UNIT}till.py::test_advances_are_declared_for_a_day_as_a_sale_would_be",
        f"{WHOLE}advances.py::test_advances_are_declared_at_the_end_of_a_period_and_taken_back",
        f"{WHOLE}advances.py::test_a_late_receipt_changes_what_was_declared_by_its_difference",
    ),
    18: (
        "bk-18-exempt",
        "bk-18-exempt-seller",
        "bk-18-packaging-deposit",
        "bk-18-security-deposit",
        "bk-18-small-business",
        "bk-18-lodging-over-new-year",
        "bk-18-lodging-with-its-vat",
        "bk-18-lodging-split-by-source",
        "bk-18-lodging-back",
        "bk-18-bare-pitch",
        "bk-18-tourist-tax",
        f"{UNIT}individual.py::test_no_vat_event_for_deposits_tips_and_vouchers",
    ),
    19: ("bk-19", f"{UNIT}checks.py::test_shipping_at_another_rate_is_booked_with_a_warning"),
    20: ("bk-20",),
    21: (
        "bk-21",
        f"{UNIT}individual.py::test_part_payment_and_gift_card_leave_a_named_open_item",
        f"{UNIT}terms.py::test_open_items_stay_named_in_the_total",
    ),
    22: ("bk-22", f"{UNIT}till.py::test_pay_later_is_open_until_capture_and_a_dispute_is_a_problem"),
    23: ("bk-23", "bk-23-pro-rata", f"{UNIT}checks.py::test_refund_without_lines_of_a_mixed_sale_is_for_a_person"),
    24: (
        "bk-24-tip",
        "bk-24-tip-paid-out",
        "bk-24-tip-kept",
        "bk-24-deposited",
        "bk-24-float",
        "bk-24-withdrawal",
        f"{UNIT}till.py::test_petty_expense_takes_its_input_vat",
    ),
    25: (
        "bk-25-no-show",
        "bk-25-damage",
        "bk-25-cancellation",
        f"{UNIT}individual.py::test_no_vat_event_for_deposits_tips_and_vouchers",
    ),
    26: (
        "bk-26-northern-ireland",
        "bk-26-service-to-northern-ireland",
        f"{UNIT}individual.py::test_zero_percent_in_the_union_needs_a_reason",
        f"{UNIT}individual.py::test_pick_up_is_never_intra_eu",
        f"{UNIT}individual.py::test_goods_to_northern_ireland_are_intra_eu",
    ),
    27: (
        "bk-27-crossing",
        f"{UNIT}distance.py::test_sale_at_destination_vat_is_the_one_that_crosses",
        f"{WHOLE}threshold.py::test_two_licences_share_the_counter_and_are_warned_before_it_is_full",
    ),
    28: ("bk-28-sale", "bk-28-payout"),
    29: (
        f"{UNIT}checks.py::test_several_invoices_of_one_order_are_all_booked",
        f"{WHOLE}invoiced.py::test_invoices_of_the_package_stop_a_licence_from_starting",
    ),
    30: (
        "bk-30-on-the-house",
        f"{UNIT}till.py::test_what_was_given_whole_is_nothing_to_book",
        f"{UNIT}checks.py::test_small_business_charges_no_vat",
    ),
    31: (
        f"{UNIT}corrections.py::test_reversal_keeps_the_date_while_its_period_is_open",
        f"{WHOLE}reverse.py::test_reversal_and_rebooking_share_one_date_where_the_own_is_filed",
        f"{WHOLE}reverse.py::test_a_selection_is_reversed_at_once",
        f"{WHOLE}matched.py::test_paid_invoice_is_not_reversed_before_the_payment_is_taken_back",
    ),
    40: (
        f"{UNIT}rules.py::test_unanswered_questions_are_named",
        f"{UNIT}individual.py::test_gift_cards_are_of_the_kind_that_was_answered",
    ),
    41: (f"{UNIT}rules.py::test_mode_is_proposed_by_what_the_source_delivers",),
    42: (f"{UNIT}till.py::test_new_licence_books_nothing_by_itself_and_corrects_nothing",),
    43: (f"{UNIT}rules.py::test_suggestion_fills_in_only_what_is_unmistakable",),
    44: (f"{UNIT}properties.py::test_stated_vat_is_booked_to_the_cent_per_code",),
    45: (
        f"{UNIT}till.py::test_months_wait_three_days_and_other_terms_one",
        f"{UNIT}dates.py::test_what_is_closed_is_booked_on_another_day_by_choice_only",
    ),
    46: (f"{UNIT}checks.py::test_payout_that_does_not_add_up_is_a_problem",),
    47: (f"{WHOLE}reverse.py::test_a_changed_sale_is_corrected_by_a_person",),
}
"""Corrections, weekly cases and defaults of bookkeeper.md; its §3 are lists, of the issue on special VAT."""

OTHERS: dict[str, tuple[str, ...]] = {
    "da-2.1": ("da-2.1", "da-2.1-payment"),
    "da-2.2": ("bk-09-day",),
    "da-2.3": (
        "da-2.3-invoice",
        "da-2.3-rest",
        f"{UNIT}properties.py::test_total_and_individual_together_are_the_source",
    ),
    "da-2.4": ("da-2.4-credit", "da-2.4-refund", f"{UNIT}till.py::test_chargeback_is_a_problem"),
    "da-2.5": ("bk-07",),
    "da-2.6": ("bk-05",),
    "da-2.7": ("bk-06-receipt", "bk-06-final"),
    "da-2.8": ("da-2.8-sold", "da-2.8-redeemed", "da-2.8-expired", "bk-06-voucher-sold", "bk-06-voucher-redeemed"),
    "da-2.9": ("da-2.9",),
    "da-2.10": ("da-2.10", "da-2.10-other-rate"),
    "da-2.11": ("da-2.11-intra-eu", "da-2.11-oss", "bk-15"),
    "wf-1.5": ("wf-5.4-paid", f"{UNIT}individual.py::test_credit_note_mirrors_the_accounts_of_its_original"),
    "wf-5.1": ("wf-5.1",),
    "wf-5.2": ("da-2.3-rest", f"{UNIT}terms.py::test_payment_and_credit_of_an_individual_sale_are_not_in_the_total"),
    "wf-5.3": ("wf-5.3", "wf-5.3-credit", "da-2.11-intra-eu"),
    "wf-5.4": ("wf-5.4-paid", "wf-5.4-payout"),
    "bex-6": (
        f"{UNIT}till.py::test_clearing_account_that_is_left_open_is_warned_of",
        f"{UNIT}checks.py::test_vat_rows_that_the_bases_do_not_come_to_stop_the_term",
        f"{WHOLE}terms.py::test_ledger_movements_of_a_month_are_booked_as_a_whole",
    ),
    "bex-7": (f"{UNIT}till.py::test_vat_account_as_a_plain_line_is_refused",),
    "bex-8": ("bex-8",),
    "bex-9": ("bex-9", "bex-9-on-invoice", "bex-9-vat-with-revenue", "bex-9-at-check-out", "bex-9-two-rates"),
}
"""Worked cases of dutch-accounting.md, webwinkelfacturen.md and bookingexperts.md; where the bookkeeper corrects one,
the corrected case stands here."""

LEFT = {
    "bk-07": "the provider's invoice (D4300 18.60, D1510 3.91 / C1460 22.51) is a purchase invoice of the package",
    "bk-12": "supplementary list, and OSS credits in a later return: the issue on special VAT (docs/bookkeeper.md)",
    "bk-16": "Twinfield's own settings: the issue of that target",
    "bk-47": "turnover in the package before a backfill: the issue on migrations",
    "da-2.11": "the entries of the VAT return itself are the bookkeeper's",
}
"""What of a point is not shown here, and whose it is."""
