"""The command line: thin verbs over the public functions. Heavy imports wait inside the verbs."""

from parcelplan.cli.app import main

__all__ = ["main"]
