"""Checks: of the site's data, of parcels and schemes against rules, of plans. One function, one code."""
