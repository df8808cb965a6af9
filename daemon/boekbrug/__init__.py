"""Carry every sale of a Dutch business into its books, exactly once, to the cent."""

__version__ = "0.1.0"
