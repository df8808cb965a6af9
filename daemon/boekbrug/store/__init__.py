"""The database is the truth: tables, transactions and queries on SQLite and PostgreSQL."""
