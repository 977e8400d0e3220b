"""``python -m parcelplan`` is the ``parcelplan`` command, for machines without the script on their path."""

from parcelplan.cli import main

if __name__ == "__main__":
    main()
