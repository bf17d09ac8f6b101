"""Measuring engines: workloads, engines in turns, the ceiling of the machine, a table, JSON and a plot."""
