"""The states of entries and effects, and the reasons that stand beside a document's state."""

from enum import StrEnum

TERM = "term of "
"""How the reason of what waits for its day or month begins; the first day follows."""


class TermState(StrEnum):
    """Where a day or month that is composed as a whole is."""

    #: not over yet, or not yet known to be closed at the source
    RUNNING = "running"
    #: may be composed
    CLOSED = "closed"
    #: all that belongs to it is composed, as far as it came
    COMPOSED = "composed"


class EntryState(StrEnum):
    """Where an entry, or the party of entries, is; exactly one at a time."""

    #: exists here and waits for a person's approval
    COMPOSED = "composed"
    #: may be sent
    DUE = "due"
    #: a worker prepares it; nothing has been sent
    CLAIMED = "claimed"
    #: its intent is committed; the call is under way or its worker has died
    SENDING = "sending"
    #: nobody knows whether it exists at the target
    IN_DOUBT = "in-doubt"
    #: exists at the target
    BOOKED = "booked"
    #: the target refused it, or it cannot be sent as it is
    REFUSED = "refused"
    #: another entry has taken its place before it existed at the target
    REPLACED = "replaced"


class EffectState(StrEnum):
    """What is known of one attempt to create something outside."""

    #: committed before the call
    INTENT = "intent"
    #: the call ended without a valid answer, or its worker died
    UNKNOWN = "unknown"
    #: it exists
    BOOKED = "booked"
    #: it was refused
    REFUSED = "refused"
    #: certainly not processed
    NOT_SENT = "not-sent"
    #: a look-up after the quiet period showed that it is not there
    ABSENT = "absent"


class Reason(StrEnum):
    """Why a document is in its state, where a problem or the source does not say it."""

    #: waiting: fetched, not yet composed
    COMPOSE = "compose"
    #: waiting: a person has to approve its entry
    APPROVAL = "approval"
    #: waiting: its entry goes to the target when its turn comes
    DELIVER = "deliver"
    #: waiting: the document it refers to has no entry yet
    ORIGINAL = "original"
    #: waiting: the sale that a payment is for has no entry yet
    SALE = "sale"
    #: waiting: money received in advance of it is not in the books yet
    ADVANCE = "advance"
    #: waiting: the exchange rate of its day is not known yet
    RATE = "rate"
    #: waiting: VIES has not said yet whether the buyer's VAT id is valid
    PROOF = "proof"
    #: held: a person did not approve its entry
    REJECTED = "rejected"
    #: waiting: tried, and to be tried again
    RETRY = "retry"
    #: skipped: a person booked it by hand
    BY_HAND = "by-hand"
    #: skipped: a person decided that it is not to be booked
    IGNORED = "ignored"
    #: in doubt: the target is being asked
    SETTLE = "settle"
    #: in doubt: the target cannot tell, a person decides
    ASK_PERSON = "ask-person"
    #: booked and nothing more to say
    PLAIN = "plain"
    #: booked; the source has changed the document since
    CHANGED = "changed-at-source"
    #: booked; the amount at the target is another
    DIFFERS = "differs-at-target"
    #: booked and countered, or taken out by its last correction
    REVERSED = "reversed"
    #: booked once; the target says it is gone
    DELETED = "deleted-at-target"
    #: skipped: the source says that nothing is owed any more
    GONE = "gone-at-source"


SET_ASIDE = (Reason.BY_HAND, Reason.IGNORED)
"""Why a person set a document aside; nothing but a person takes it up again, else it could be booked twice."""
