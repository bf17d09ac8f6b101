"""Machines written in Python, on worker processes over the shared memory."""
