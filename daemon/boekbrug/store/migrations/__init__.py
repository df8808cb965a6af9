"""Schema migrations, one per release that changes tables; run by `boekbrug db upgrade`."""
