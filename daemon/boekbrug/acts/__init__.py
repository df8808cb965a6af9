"""What a person asks for; each act is one transaction with its audit row, and says in sentences why it was refused."""
