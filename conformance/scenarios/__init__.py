"""Scenarios: short stories about blocks from which vectors are filled. Each reads like the sentence of its hazard."""
