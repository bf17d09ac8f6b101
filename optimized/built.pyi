"""What this build was made from."""

SOURCES: str
