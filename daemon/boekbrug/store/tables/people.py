"""Who may see and do what: users with their licences, sessions, one-time links, API keys, and the cases they raise."""

from sqlalchemy import ForeignKey, Index, Table, UniqueConstraint

from boekbrug.store.tables.base import binary, integer, key, metadata, moment, prose, word

users = Table(
    "users",
    metadata,
    key(),
    word("email", 254),
    word("name", 255),
    word("role", 16),
    word("language", 2),
    word("password", 255, null=True),
    moment("disabled_at", null=True),
    moment("changed_at"),
    # two accounts of one address: disabling one would leave the other open
    UniqueConstraint("email"),
)

user_licence = Table(
    "user_licence",
    metadata,
    integer("user", ForeignKey("users.id"), primary_key=True, autoincrement=False),
    integer("licence", ForeignKey("licence.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

session = Table(
    "session",
    metadata,
    # the hash alone: who reads a copy of the database cannot enter with it
    binary("token_hash", primary_key=True),
    integer("user", ForeignKey("users.id")),
    moment("ends_at"),
)
Index("ix_session_user", session.c.user)

login_link = Table(
    "login_link",
    metadata,
    binary("token_hash", primary_key=True),
    integer("user", ForeignKey("users.id")),
    moment("ends_at"),
)

login_failure = Table(
    "login_failure",
    metadata,
    binary("who", primary_key=True),
    integer("number"),
    moment("ends_at"),
)

api_key = Table(
    "api_key",
    metadata,
    key(),
    integer("user", ForeignKey("users.id")),
    word("name"),
    word("scope", 16),
    binary("token_hash"),
    moment("given_at"),
    moment("ended_at", null=True),
    # one key for two users: nobody could say who did what
    UniqueConstraint("token_hash"),
)

proposal = Table(
    "proposal",
    metadata,
    key(),
    integer("licence", ForeignKey("licence.id")),
    # the licence as it was when this was written: what others changed since must not be undone unseen
    prose("before"),
    prose("body"),
    prose("note"),
    word("state", 16),
    word("actor", 255),
    moment("at"),
    word("decided_by", 255, null=True),
    moment("decided_at", null=True),
)
Index("ix_proposal_licence", proposal.c.licence, proposal.c.id)

cases = Table(
    "cases",
    metadata,
    key(),
    integer("licence", ForeignKey("licence.id")),
    integer("document", null=True),
    word("actor", 255),
    prose("text"),
    prose("facts"),
    word("state", 16),
    moment("at"),
)
Index("ix_cases_licence", cases.c.licence, cases.c.id)
