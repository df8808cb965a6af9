"""One metadata, with names for constraints so that migrations can speak of them."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# only a column declared INTEGER is SQLite's row id; as BIGINT the key would be a second tree
WHOLE = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """Declare the primary key; its values come from `store.ids`, unique over all tables."""
    return Column("id", WHOLE, primary_key=True, autoincrement=False)


def integer(name: str, *args: Any, null: bool = False, **options: Any) -> Column[int]:
    """Declare a whole number: an id, a count, or minor units of money."""
    return Column(name, WHOLE, *args, nullable=null, **options)


def moment(name: str, *, null: bool = False) -> Column[int]:
    """Declare a moment as microseconds since 1970 in UTC."""
    return Column(name, WHOLE, nullable=null)


def day(name: str, *, null: bool = False, **options: Any) -> Column[str]:
    """Declare a shop-local calendar day in ISO form."""
    return Column(name, String(10), nullable=null, **options)


def word(name: str, length: int = 64, *, null: bool = False, **options: Any) -> Column[str]:
    """Declare a short text: a code, a name, a state."""
    return Column(name, String(length), nullable=null, **options)


def prefixed(name: str, length: int, **options: Any) -> Column[str]:
    """Declare a short text that is found by how it begins: by its bytes, as no language sorts, an index serves that."""
    plain = String(length)
    return Column(name, plain.with_variant(String(length, collation="C"), "postgresql"), nullable=False, **options)


def prose(name: str, *, null: bool = False) -> Column[str]:
    """Declare a text of any length, JSON included."""
    return Column(name, Text, nullable=null)


def binary(name: str, *, null: bool = False, **options: Any) -> Column[bytes]:
    """Declare bytes: a hash, something encrypted, a payload as sent."""
    return Column(name, LargeBinary, nullable=null, **options)


def partial_index(name: str, *columns: Column[Any], only: str, unique: bool = False) -> Index:
    """Index only the rows that meet a condition, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(only), postgresql_where=text(only))
