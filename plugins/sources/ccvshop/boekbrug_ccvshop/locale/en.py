"""English."""

WHERE_CONNECTION = "CCV Shop: My web shop / Settings / API settings"
WHERE_DOCUMENT = "CCV Shop: {document}"

SETTINGS = {
    "ccvshop.root": "Address of the shop, such as https://shop.example",
    "ccvshop.public": "Public key",
    "ccvshop.secret": "Secret key",
    "ccvshop.name": "What the shop is called here",
    "ccvshop.books": (
        "What is booked. Invoices (recommended): every invoice and credit invoice once it exists, whatever its status. "
        "Orders: those that are paid; credits and invoices to businesses that pay later are left out, so that orders "
        "do only for a shop under the cash scheme or where everything is paid in advance."
    ),
    "ccvshop.statuses": "Statuses with which an order is booked although it is not paid",
    "ccvshop.costs_rate": "VAT in payment costs, extra costs and discounts: derive, goods, or a percentage",
    "ccvshop.row_kinds": "What a row's product type stands for, where it is no goods",
    "ccvshop.country": "Country that the shop sells from",
    "ccvshop.overlap_days": "Days that are listed again at each fetch",
    "ccvshop.require_webhook_hash": "Refuse webhooks without a valid signature",
}

TEXTS = {
    "ccvshop-answer-not-signed": (
        "An answer about {resource} does not carry the shop's signature.",
        "Something between here and the shop changed the answer, or it comes from somebody else.",
        "It is asked for again by itself. When it stays, check the address of the connection and any proxy.",
    ),
    "ccvshop-app-missing": (
        "The shop has not installed the app that its API needs ({resource}).",
        "The API app or our app was removed from the App Store of the shop.",
        "Install the app again in the shop.",
    ),
    "ccvshop-unreadable": (
        "{what} of the shop cannot be read.",
        "The shop sends what does not fit its own description: {reason}.",
        "Open it in the shop and save it again, or report it to CCV Shop; everything else goes on.",
    ),
    "ccvshop-write-back-refused": (
        "The shop refused what was written back to {resource}.",
        "It answered {status}.",
        "Check whether the key may write; the booking itself is not touched.",
    ),
    "ccvshop-total-differs": (
        "The rows and costs of {document} come to {lines}, its total is {total}.",
        "No reading of the shop's fields meets the total.",
        "Look at it in the shop and correct it there, or book it by hand.",
    ),
    "ccvshop-rows-missing": (
        "{document} has no rows, and its costs come to {lines} instead of {total}.",
        "The shop removes the rows of an invoice when its order is deleted.",
        "Look at it in the shop, or book it by hand.",
    ),
    "ccvshop-rows-refused": (
        "The shop does not give the rows of {document}.",
        "It answers {status}, which a retry does not mend by itself.",
        "Open and save it in the shop, then try again; report it to CCV Shop when it stays.",
    ),
    "ccvshop-sale-refused": (
        "{resource} that belongs to {document} is refused by the shop.",
        "It answers {status}, which a retry does not mend by itself.",
        "Open and save it in the shop, then try again; report it to CCV Shop when it stays.",
    ),
    "ccvshop-rows-unreadable": (
        "A row of {document} cannot be read.",
        "The shop sends what does not fit its own description: {reason}.",
        "Open it in the shop and save it again.",
    ),
    "ccvshop-row-kind": (
        "It is not known what {line} on {document} is.",
        "The row has product type {type} and no VAT: a packaging deposit, a security deposit and a gift card differ.",
        "Say in the connection's row_kinds what this type stands for.",
    ),
    "ccvshop-vat-not-derived": (
        "It cannot be told how much VAT is in {costs} on {document}.",
        "The shop gives no rate for it, and no rate leads to its VAT total of {tax}.",
        "Check the VAT settings of these costs in the shop, or book it by hand.",
    ),
    "ccvshop-vat-ambiguous": (
        "There is more than one reading of the VAT in {costs} on {document}.",
        "The shop gives no rate for it, and several rates lead to its VAT total.",
        "Choose the rate in the connection's costs_rate.",
    ),
    "ccvshop-vat-differs": (
        "The shop's VAT of {document} is {tax}, its rows come to {computed}.",
        "The rows' rates do not lead to the VAT that the shop states.",
        "Check the rates in the shop and correct them there, or book it by hand.",
    ),
    "ccvshop-vat-hidden": (
        "{document} has VAT of {tax}, which the shop says is not in its total.",
        "Whether the customer was charged VAT cannot be told.",
        "Look at it in the shop and book it by hand.",
    ),
    "ccvshop-vat-on-intra-eu": (
        "{document} is a supply within the EU without VAT, and has VAT of {tax} all the same.",
        "The customer's VAT number and the shop's tax settings contradict each other.",
        "Correct it in the shop, or book it by hand.",
    ),
    "ccvshop-cancelled-but-paid": (
        "{document} is cancelled and paid.",
        "The money came in, and the order will not be delivered; a refund is not told in orders.",
        "Pay it back and make a credit, or put the order back to another status.",
    ),
    "ccvshop-no-payment-method": (
        "{document} does not say how it is paid.",
        "The order has no payment method.",
        "Choose one on the order in the shop.",
    ),
    "ccvshop-reimbursed-without-credit": (
        "{document} is reimbursed, and no credit invoice exists.",
        "The shop gave the money back without an invoice that says so.",
        "Make a credit invoice in the shop; it is booked by itself.",
    ),
}
