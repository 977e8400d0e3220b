"""Addresses of the service: the API, and the pages and files for people."""
