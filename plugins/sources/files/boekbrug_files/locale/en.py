"""English."""

WHERE = "{file}, line {row}"
WHERE_FILE = "{file}"
WHERE_DOCUMENT = "{document}"

_EDIT = "Correct the file and put it back into the folder; it is read again by itself."

TEXTS = {
    "files-folder": (
        "The folder {folder} cannot be read.",
        "It does not exist or may not be read: {reason}.",
        "Make the folder, correct the path of the connection, or let the user of boekbrug read it.",
    ),
    "files-not-readable": (
        "{file} cannot be read.",
        "The system refuses the file: {reason}.",
        "Let the user of boekbrug read the file.",
    ),
    "files-empty": (
        "{file} is empty.",
        "There is nothing in the file; perhaps the export failed.",
        "Make the file again, or take it out of the folder.",
    ),
    "files-too-large": (
        "{file} is too large: {size}.",
        "A JSON or CSV file is read as a whole and may have at most {limit} here.",
        "Deliver it as JSON lines (.jsonl, one document per line, of any size), split it, "
        "or raise the limit of the connection.",
    ),
    "files-line-too-long": (
        "Line {row} of {file} is too long.",
        "A line may have at most {limit}; probably the line ends are missing.",
        "Put each document on a line of its own.",
    ),
    "files-not-utf8": (
        "Line {row} of {file} is not UTF-8.",
        "The file was saved in another character encoding.",
        "Export the file again with the encoding UTF-8.",
    ),
    "files-not-json": (
        "Line {row} of {file} is not valid JSON.",
        "The text is cut off or has a mistake ({detail}).",
        f"{_EDIT} If every line holds a document, name the file .jsonl.",
    ),
    "files-csv": (
        "Line {row} of {file} is not a valid CSV row.",
        "The number of cells is wrong, or a quotation mark is not closed ({detail}).",
        _EDIT,
    ),
    "files-unknown-column": (
        "The column {field} of {file} is not known.",
        "The first line names a column that is not in the schema.",
        "Use the column names of the documentation, or leave the column out.",
    ),
    "files-column-twice": (
        "The column {field} stands in {file} more than once.",
        "There is no telling which value holds.",
        "Leave one of the columns out.",
    ),
    "files-missing-field": (
        "{field} is missing on line {row} of {file}.",
        "Without this field the document cannot be booked.",
        "Fill in the field; nothing is guessed in its place.",
    ),
    "files-unknown-field": (
        "The field {field} on line {row} of {file} is not known.",
        "It is not in the schema; perhaps it is misspelt.",
        "Use the field names of the documentation, or leave the field out.",
    ),
    "files-number": (
        "{field} on line {row} of {file} is a number with a fraction.",
        "Programs round such numbers, which is not safe for money.",
        'Write amounts as text: "12.50" instead of 12.50.',
    ),
    "files-amount": (
        "{field} on line {row} of {file} is not a valid amount: {value}.",
        "An amount has a point and at most two digits after it (none for yen), and no thousands separators.",
        'Write the amount as "1234.50".',
    ),
    "files-moment": (
        "{field} on line {row} of {file} is not a valid date: {value}.",
        "A date is written as 2026-07-31, a moment as 2026-07-31T14:05:00+02:00.",
        "Write the date in this way.",
    ),
    "files-wrong-value": (
        "{field} on line {row} of {file} has a value that cannot be.",
        "The schema does not allow this value ({detail}).",
        "Use a value of the documentation.",
    ),
    "files-one-amount": (
        "On line {row} of {file} a sales line does not have exactly one price ({field}).",
        "A sales line has amount_incl, or amount_excl together with vat.",
        "Fill in one of the two.",
    ),
    "files-rows-differ": (
        "Line {row} of {file} contradicts an earlier line of the same document: {field}.",
        "All rows of a document have the same head.",
        "Make the values equal, or leave them empty on the later rows.",
    ),
    "files-twice": (
        "Document {document} on line {row} of {file} stands on line {first} already.",
        "Two documents have the same id, or the rows of one document do not stand together.",
        "Put the rows together, or give each document an id of its own.",
    ),
    "files-uncertain-moment": (
        "{field} of {document} is not certain: {value}.",
        "Because the clock was changed, this time did not exist in {zone} or existed twice.",
        "Write the time with its zone, such as 2026-10-25T02:30:00+01:00.",
    ),
    "files-credit-sign": (
        "Credit note {document} has a positive total: {total}.",
        "Amounts of a credit note are negative; like this it would count as a sale.",
        "Write the amounts with a minus sign, or give the document its right kind.",
    ),
    "files-no-payment": (
        "{document} has the status {status}, but it does not say how it was paid.",
        "There is no payment method, nor does it say that it was sold on account.",
        "Fill in payment_method or tenders, or on_account when the customer pays later.",
    ),
}
