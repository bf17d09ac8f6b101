"""Hazards: ways in which a parallel engine departs from the state transition. Vectors say which they are about."""
