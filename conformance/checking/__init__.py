"""Checking documents of every form: case by case, in worker processes, by sample, resumed, and reported."""
