"""A reading process whose copies read file after file until one kills them.

Most of a guarded read of a small file is the copy that is made for it. A campaign of thousands shares copies, so that
it can be long; the limits are those of the first file.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from parcelplan.io.guard import reader_process

FILES = 100
"""Files that one copy reads: what is left of them must not look like a leak."""


def in_a_shared_copy(order: Mapping[str, Any], channel: TextIO) -> int:
    """Serve this order and those after it in one copy; the copy answers all but the last, or the one that kills it."""
    copy = os.fork()
    if copy == 0:
        for left in reversed(range(FILES)):
            ended = reader_process.serve(order)
            reader_process._set_limits = lambda _: None
            if left == 0:
                os._exit(ended)
            print(ended, file=channel, flush=True)
            line = sys.stdin.readline()
            if not line:
                os._exit(0)
            order = json.loads(line)
    return os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])


if __name__ == "__main__":
    if reader_process.FORKS:
        reader_process._in_a_copy = in_a_shared_copy
    reader_process.main()
