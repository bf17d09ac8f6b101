"""What a user gets to see, and where it goes."""
