"""Source for boekbrug: the paid orders or the invoices of a CCV Shop webshop."""
