"""Schedules run again, and the compiled workers under the explorer."""
