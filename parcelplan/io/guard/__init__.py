"""Strangers' files: looked through before anything opens them, and read in a process of its own with limits."""
