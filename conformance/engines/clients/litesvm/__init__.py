"""LiteSVM, the execution of single transactions by Agave's own code: of solders, and of npm."""
