"""Access lists of transactions (EIP-2930): what they would be, predicted and exact, and what gas they save."""
