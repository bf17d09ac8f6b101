"""Results of earlier runs, by the content of what was executed and by what executed it."""
