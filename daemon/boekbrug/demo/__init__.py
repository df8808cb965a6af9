"""A sample shop to look at boekbrug with."""
