"""What was recorded of Solana's chain, of its Bank and of LiteSVM, as cases with what must come out of them."""
