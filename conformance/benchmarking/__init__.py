"""Measuring engines: workloads, contenders in turns, the ceiling of the machine, a table, JSON and a plot."""
