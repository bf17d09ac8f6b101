"""Scenarios of several chains, and of the messages between them."""
