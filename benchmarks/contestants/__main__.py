"""Run one contestant alone and leave ``figures.parquet`` and ``answer.json`` in a folder."""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
from pathlib import Path

from contestants import MODULES, VARIANTS
from contestants.case import FIGURES, Case, peak_memory_mb


def main() -> int:
    """Run the contestant that the command names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=MODULES)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    parser.add_argument("--variant", default="")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--step", type=int, default=1)
    arguments = parser.parse_args()
    # one that is stopped still ends the servers it has started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    case = Case(arguments.folder, arguments.threads, arguments.step)
    module = importlib.import_module(MODULES[arguments.name])
    answer = module.run(case, arguments.variant or VARIANTS[arguments.name][0])
    arguments.answer.mkdir(parents=True, exist_ok=True)
    if answer.figures is not None:
        answer.figures[["parcel_id", *FIGURES]].to_parquet(arguments.answer / "figures.parquet")
    said = {
        "seconds": answer.seconds,
        "cpu_s": answer.cpu_s,
        "fixed_s": answer.fixed_s,
        "steps": answer.steps,
        "memory_mb": answer.memory_mb or peak_memory_mb(),
        **answer.notes,
    }
    (arguments.answer / "answer.json").write_text(json.dumps(said, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
