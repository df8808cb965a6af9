"""Books as a plain-text ledger in a folder, for hledger or beancount."""
