#!/usr/bin/env python3
"""Measures data-parallel training on several ranks of this machine, beside the formula of docs/guide/several_machines.md.

The formula's time of a step is that of one rank with the same batch, and that of a sum of the gradient over the ranks.
The numbers of ranks take turns for several rounds; the table has the medians. Prints Markdown. `./dev bench ranks` builds
the program and runs this script.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "build/bench/benchmarks/step_ranks"
BATCH = {"M": 128, "L": 512}
# As root, with more ranks than cores, and without threads of a library beside the ranks.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMP_NUM_THREADS": "1"}


def run(ranks, workload, batch, seconds):
    """The seconds of a step, and of a sum of the gradient."""
    done = subprocess.run(["mpirun", "-n", str(ranks), PROGRAM, workload, str(batch), str(seconds)],
                          env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{PROGRAM.name} failed:\n{done.stderr}")
    steps, sum_of_gradient, _ = done.stdout.split()
    return 1 / float(steps), float(sum_of_gradient)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--workloads", nargs="+", choices=BATCH, default=list(BATCH))
    parser.add_argument("--repetitions", type=int, default=5, help="rounds (5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds that each run trains (2)")
    options = parser.parse_args()
    if not PROGRAM.exists() or shutil.which("mpirun") is None:
        sys.exit("ranks.py: expected MPI and its mpirun; install openmpi-bin and libopenmpi-dev")

    print(f"{os.cpu_count()} cores. Medians of {options.repetitions} rounds of {options.seconds:g} s.\n")
    print("| workload | ranks | samples per rank | step | formula | sum of the gradient | samples per second | over one rank |")
    print("|----------|------:|-----------------:|-----:|--------:|--------------------:|-------------------:|--------------:|")
    for workload in options.workloads:
        cases = [(1, BATCH[workload])]
        for ranks in options.ranks:
            if ranks > 1:
                cases += [(ranks, BATCH[workload]), (ranks, BATCH[workload] // ranks)]
        # One rank with each batch, which the formula needs.
        single = [(1, batch) for batch in dict.fromkeys(batch for _, batch in cases) if (1, batch) not in cases]
        times = defaultdict(list)
        for _ in range(options.repetitions):
            for case in cases + single:
                times[case].append(run(case[0], workload, case[1], options.seconds))
        median = {case: [statistics.median(column) for column in zip(*runs)] for case, runs in times.items()}
        speed = {case: case[0] * case[1] / step for case, (step, _) in median.items()}
        for ranks, batch in cases:
            step, sending = median[ranks, batch]
            formula = f"{(median[1, batch][0] + sending) * 1e3:.2f} ms | {sending * 1e3:.2f} ms" if ranks > 1 else "|"
            print(f"| {workload} | {ranks} | {batch} | {step * 1e3:.2f} ms | {formula} | {speed[ranks, batch]:,.0f} | "
                  f"{speed[ranks, batch] / speed[1, BATCH[workload]]:.2f} |")


if __name__ == "__main__":
    main()
