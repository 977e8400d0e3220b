"""A screening that waits for ever once its first parts are there: to be killed in mid-run."""

import pickle
import sys
import time
from pathlib import Path

from parcelplan.city.running import Progress, screen_file


def wait(progress: Progress) -> None:
    """Let some chunks through, then say so and wait."""
    if progress.rows >= 8:
        sys.stdout.write("some are done\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    screen_file(pickle.loads(Path(sys.argv[1]).read_bytes()), on_progress=wait)
