"""Signature schemes, verified: headers that the machines share. Nothing here signs."""
