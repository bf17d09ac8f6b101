"""Traces of single transactions, whatever form their case has."""
