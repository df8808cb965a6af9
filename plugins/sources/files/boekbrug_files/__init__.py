"""Source for boekbrug: a folder of orders, invoices and payments as JSON, JSON lines or CSV."""
