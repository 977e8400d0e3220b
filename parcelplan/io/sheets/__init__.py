"""Workbooks and CSV: tables in as offices lay them out, result sheets out."""
