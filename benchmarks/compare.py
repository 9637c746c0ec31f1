#!/usr/bin/env python3
"""Compares the training speed of descent with that of other libraries, on the same workloads in the same run.

A worker is a program that trains one workload with one library for a given time. The workers take turns for several
rounds, so that a machine that slows down does so for all of them; the tables have the medians. The limit of the machine
for threads is measured in the same rounds: processes of one thread each, side by side, a core for each.
Prints Markdown. `./dev bench` builds the workers and runs this script.
"""

import argparse
import datetime
import glob
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKLOADS = ["S", "M", "M+", "L", "LeNet", "VGG", "MobileNet", "LSTM", "GRU", "Encoder"]
PREDICTED = ["M", "L"]  # workloads whose predictions are measured, too
WEIGHED = ["M", "VGG"]  # workloads whose memory is in a table
OURS = {  # with each backend: the suffix of the names of its programs
    "descent": "",
    "descent openblas": "_openblas",
    "descent onednn": "_onednn",
    "descent onednn_bf16": "_onednn_bf16",
}
SCALED = [*OURS, "libtorch", "PyTorch"]  # in the tables of threads
PREDICT, SIDE_BY_SIDE = ", predict", ", side by side"  # at the end of a worker's name
PEERS = {"libtorch": "step_libtorch", "libtorch bf16": "step_libtorch", "PyTorch": "step_pytorch.py", "dlib": "step_dlib"}
UNSUPPORTED = 77  # the exit status of a worker that does not support the workload
openblas_choice = {}  # environment variables that choose the kernels of OpenBLAS


def note(text):
    print(text, file=sys.stderr, flush=True)


def output_of(*command):
    """The output of a command; an empty string if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


# --- running the workers ----------------------------------------------------------------------------------------


def find_python_with_torch():
    for python in dict.fromkeys([sys.executable, "/usr/bin/python3"]):
        if os.path.exists(python) and output_of(python, "-c", "import torch; print(torch.__version__)"):
            return python
    return None


def find_workers(build):
    """The command of each worker that was built, by its name in the tables. A mode of a program is its last word."""
    programs = {}
    for name, suffix in OURS.items():
        programs[name] = [build / f"step_descent{suffix}"]
        programs[f"products of {name}"] = [build / f"products{suffix}"]
    programs["descent, whole fit"] = [build / "step_descent", "fit"]
    programs["descent, timed"] = [build / "step_descent_timed"]
    for name, program in PEERS.items():
        programs[name] = [build / program]
    programs["libtorch bf16"].append("bf16")
    python = find_python_with_torch()
    programs["PyTorch"] = [python, HERE / PEERS["PyTorch"]] if python else [Path("no python with torch")]
    for name in SCALED:
        if name in programs:
            programs[name + PREDICT] = [*programs[name], "predict"]
    for name in ["descent", "descent" + PREDICT]:
        programs[name + SIDE_BY_SIDE] = programs[name]
    return {name: command for name, command in programs.items() if os.path.exists(command[0])}


def environment(threads):
    """The environment of all workers: the number of threads, and the OpenMP build of OpenBLAS if it is installed."""
    folders = glob.glob("/usr/lib/*/openblas-openmp") + [os.environ.get("LD_LIBRARY_PATH", "")]
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "LD_LIBRARY_PATH": ":".join(filter(None, folders)),
        **openblas_choice,
    }


def choose_openblas_kernels(workers):
    """Chooses the fastest kernels of OpenBLAS by trying each on the products of L, because OpenBLAS uses its oldest
    kernels on a processor that is newer than itself. Returns a description of the choice."""
    worker = workers.get("products of descent openblas")
    if worker is None or "OPENBLAS_CORETYPE" in os.environ:
        return None
    speeds = {}
    for kernels in [None, "Haswell", "Zen", "SkylakeX", "Cooperlake"]:
        openblas_choice.update({"OPENBLAS_CORETYPE": kernels} if kernels else {})
        done = start_worker(worker, "L", 1, 1)
        if done.returncode == 0:  # kernels for other processors crash
            speeds[kernels] = Run(done.stdout).steps_per_second
    openblas_choice.clear()
    best = max(speeds, key=speeds.get)
    if best is None or speeds[best] < 1.1 * speeds[None]:
        return "its default kernels"
    openblas_choice["OPENBLAS_CORETYPE"] = best
    return f"OPENBLAS_CORETYPE={best}, {speeds[best] / speeds[None]:.1f} times as fast as its default"


class Run:
    """The measurement that a worker prints as one line; of predictions the steps are samples."""

    def __init__(self, line):
        speed, memory, share = line.split()
        self.steps_per_second = float(speed)
        self.memory = int(memory) / 1024
        self.share_in_products = None if share == "-" else float(share)

    def __add__(self, other):
        """The sum of two workers that ran at the same time."""
        return Run(f"{self.steps_per_second + other.steps_per_second} {1024 * int(self.memory + other.memory)} -")


def run_worker(command, workload, threads, seconds):
    """The worker's Run, or the reason why it does not support the workload."""
    done = start_worker(command, workload, threads, seconds)
    if done.returncode == UNSUPPORTED:
        return done.stderr.strip()
    if done.returncode != 0:
        sys.exit(f"compare.py: failed: {' '.join(map(str, done.args))}\n{done.stderr}")
    return Run(done.stdout)


def run_side_by_side(command, workload, count, seconds):
    """The sum of the Runs of workers with one thread each, pinned to a core each."""
    def run(core):
        return run_worker(["taskset", "-c", str(core), *command], workload, 1, seconds)

    with ThreadPoolExecutor(count) as executor:
        first, *others = executor.map(run, cores()[:count])
    return sum(others, first)


def start_worker(command, workload, threads, seconds):
    arguments = [workload, str(threads), str(seconds)]
    program, mode = (command[:-1], command[-1:]) if command[-1] in ("fit", "predict", "bf16") else (command, [])
    return subprocess.run([*program, *arguments, *mode], env=environment(threads), capture_output=True, text=True)


def cores():
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def wanted(name, workload, threads, options):
    """True if a table shows the worker. Only the tables of threads show every number of threads."""
    library = name.replace("products of ", "").split(",")[0]
    if library not in options.libraries or (PREDICT in name and workload not in PREDICTED):
        return False
    if name.endswith(SIDE_BY_SIDE):
        return 1 < threads <= len(cores()) and shutil.which("taskset") is not None
    if name == "descent, timed":
        return threads == 1
    return name.removesuffix(PREDICT) in SCALED or threads in detailed(options)


def detailed(options):
    """The numbers of threads that have tables of their own."""
    return list(dict.fromkeys([options.threads[0], options.threads[-1]]))


def time_of_others():
    """Processor seconds of all other programs so far; None if unknown."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _, _, *interrupts_and_stolen = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    all_work = (user + nice + system + sum(interrupts_and_stolen)) / os.sysconf("SC_CLK_TCK")
    return all_work - sum(os.times()[:4])


def measure(workers, options):
    """Returns runs[workload, threads, worker], one Run per round, and the reasons why workers are missing."""
    jobs = [
        (workload, threads, name)
        for workload in options.workloads
        for threads in options.threads
        for name in workers
        if wanted(name, workload, threads, options)
    ]
    runs = defaultdict(list)
    missing = [f"{name}, which is not installed" for name in options.libraries if name not in workers]
    unsupported = {}
    total = len(jobs) * options.repetitions
    for i in range(total):
        workload, threads, name = jobs[i % len(jobs)]
        if jobs[i % len(jobs)] in unsupported:
            continue
        start = run_side_by_side if name.endswith(SIDE_BY_SIDE) else run_worker
        run = start(workers[name], workload, threads, options.seconds)
        if isinstance(run, str):
            unsupported[workload, threads, name] = f"{name} on {workload} with {plural(threads, 'thread')}: {run}"
            continue
        runs[workload, threads, name].append(run)
        speed = number(run.steps_per_second)
        unit = "samples/s" if PREDICT in name else "steps/s"
        note(f"[{i + 1:4}/{total}]  {workload:2}  {plural(threads, 'thread')}  {name:32} {speed:>9} {unit}")
    return runs, [*missing, *unsupported.values()]


# --- tables -----------------------------------------------------------------------------------------------------


def print_table(header, rows):
    """Prints a Markdown table with aligned columns. The first column has the names."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        first, *others = cells
        print("| " + " | ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:]))]) + " |")

    line(header)
    print("|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|")
    for row in rows:
        line(row)
    print()


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def plural(count, thing):
    return f"{count} {thing}" + ("s" if count != 1 else "")


def training_tables(runs, threads, options):
    """Prints steps per second, speedups, and the share of the products."""

    def speeds(workload, name):
        return [run.steps_per_second for run in runs[workload, threads, name]]

    def median(workload, name):
        return number(statistics.median(speeds(workload, name))) if speeds(workload, name) else ""

    def ratio(workload, name, other):
        """The median of the ratios within the rounds."""
        pairs = list(zip(speeds(workload, name), speeds(workload, other)))
        return f"{statistics.median(a / b for a, b in pairs):.2f}" if pairs else ""

    def share(workload):
        shares = [run.share_in_products for run in runs[workload, threads, "descent, timed"]]
        return f"{100 * statistics.median(shares):.0f} %" if shares else ""

    def table(title, rows):
        """`rows` has a function of the workload for each name; a row without values is left out."""
        filled = [[name, *(cell(workload) for workload in options.workloads)] for name, cell in rows.items()]
        filled = [row for row in filled if any(row[1:])]
        if filled:
            print_table([title, *options.workloads], filled)

    names = [*OURS, "descent, whole fit", *PEERS]
    pairs = [("descent", peer) for peer in PEERS if peer != "libtorch bf16"]
    pairs += [(name, "libtorch") for name in OURS if name != "descent"] + [("descent onednn_bf16", "libtorch bf16")]
    print(f"### {plural(threads, 'thread')}\n")
    table("steps per second", {name: lambda w, name=name: median(w, name) for name in names})
    table("speedup", {f"{a} / {b}": lambda w, a=a, b=b: ratio(w, a, b) for a, b in pairs})
    table("step time / product time", {n: lambda w, n=n: ratio(w, f"products of {n}", n) for n in OURS})
    table("share of time in products", {"descent": share})
    beside_products = ratio("L", "products of descent", "descent") if "L" in options.workloads else ""
    if beside_products and float(beside_products) > 1.5:
        print("The products of L are slower in a whole program than alone; check that Eigen's kernel is inlined:\n"
              "see docs/decisions/0009-kernels-of-eigen.md.\n")


def threads_table(runs, workload, mode, options):
    """Prints the speed for each number of threads, and how many times that on one thread it is on the most."""
    first, most = options.threads[0], options.threads[-1]

    def speeds(name, threads):
        return [run.steps_per_second for run in runs[workload, threads, name]]

    def row(title, name):
        medians = [number(statistics.median(s)) if (s := speeds(name, t)) else "" for t in options.threads]
        pairs = list(zip(speeds(name, most), speeds(name, first)))
        return [title, *medians, f"{statistics.median(a / b for a, b in pairs):.2f}" if pairs else ""]

    rows = [row(name, name + mode) for name in SCALED]
    rows.append(row("descent, processes side by side", "descent" + mode + SIDE_BY_SIDE))
    rows = [row for row in rows if any(row[1:])]
    if rows:
        print_table([f"{workload}, {'samples' if mode else 'steps'} per second",
                     *(plural(threads, "thread") for threads in options.threads), f"{most} / {first}"], rows)


def threads_tables(runs, options):
    print("## Threads\n")
    for mode, workloads in [("", options.workloads), (PREDICT, [w for w in PREDICTED if w in options.workloads])]:
        if mode and workloads:
            print("### Prediction\n")
        for workload in workloads:
            threads_table(runs, workload, mode, options)


def memory_table(runs, workload, options):
    def peak(name, threads):
        peaks = [run.memory for run in runs[workload, threads, name]]
        return f"{statistics.median(peaks):.0f}" if peaks else ""

    rows = [[name, *(peak(name, threads) for threads in options.threads)] for name in [*OURS, *PEERS]]
    print(f"## Peak memory of {workload}\n")
    print_table(["MB", *(plural(threads, "thread") for threads in options.threads)], [r for r in rows if any(r[1:])])


# --- the compiler -----------------------------------------------------------------------------------------------


COMPILE_TIME = HERE / "compile_time"
PROGRAMS = {
    "a single Eigen product": (COMPILE_TIME / "single_product.cpp",),
    "a training program": (COMPILE_TIME / "minimal_training.cpp",),
    "the same with <descent/descent.hpp>": (COMPILE_TIME / "minimal_training.cpp", "-include", "descent/descent.hpp"),
    "the same with formulas": (COMPILE_TIME / "formula_training.cpp",),
}


def compile_command(compiler, include_dirs, program, folder):
    command = [compiler, "-std=c++20", "-O2", "-c", *PROGRAMS[program], "-o", os.path.join(folder, "out.o")]
    return command + [argument for directory in include_dirs for argument in ("-I", directory)]


def time_compiler(compiler, include_dirs, program):
    """Processor time in seconds and peak memory in MB of the compiler."""
    with tempfile.TemporaryDirectory() as folder:
        command = compile_command(compiler, include_dirs, program, folder)
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)  # includes the child processes of the compiler
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"compare.py: failed: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def count_instructions(compiler, include_dirs, program):
    """Instructions of the compiler, which do not depend on the machine or the run, unlike its time."""
    with tempfile.TemporaryDirectory() as folder:
        counter = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes",
                   "--cachegrind-out-file=/dev/null"]
        command = counter + compile_command(compiler, include_dirs, program, folder)
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"compare.py: failed: {' '.join(map(str, command))}\n{run.stderr}")
    return sum(int(number.replace(",", "")) for number in re.findall(r"I +refs: +([\d,]+)", run.stderr))


def compilers():
    return list(filter(shutil.which, ["g++", "clang++"]))


def compile_table(include_dirs, options):
    rows = []
    for compiler in compilers():
        figures = defaultdict(list)
        for _ in range(1 if options.quick else 3):
            for program in PROGRAMS:
                figures[program].append(time_compiler(compiler, include_dirs, program))
                note(f"{compiler}: {program}: {figures[program][-1][0]:.2f} s")
        base = None
        for program, of_program in figures.items():
            # The minimum: other load can only add to it.
            seconds, memory = map(min, zip(*of_program))
            base = base or (seconds, memory)
            rows.append([f"{compiler}: {program}", f"{seconds:.2f}", f"{seconds / base[0]:.2f}", f"{memory:.0f}",
                         f"{memory / base[1]:.2f}"])
    print("## Compile time and memory, -O2\n")
    print_table(["", "processor seconds", "ratio", "MB", "ratio"], rows)


def check_compile_cost(include_dirs, at_most):
    """Exits if the cost for a compiler exceeds `at_most`: the ratios of instructions and memory of a training program to
    a single product, and the ratio of instructions of formulas to that training program."""
    product, training, _, formulas = PROGRAMS
    jobs = [(compiler, include_dirs, program) for compiler in compilers() for program in (product, training, formulas)]
    backwards = jobs[::-1]  # the shortest one last, so that no core is idle meanwhile
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        instructions = dict(zip(backwards, executor.map(lambda job: count_instructions(*job), backwards)))
        memory = dict(zip(jobs, executor.map(lambda job: time_compiler(*job)[1], jobs)))
    rows, failures = [], []
    for job in jobs:
        base = (job[0], include_dirs, product)
        ratios = {"instructions": instructions[job] / instructions[base], "memory": memory[job] / memory[base]}
        rows.append([f"{job[0]}: {job[2]}", f"{instructions[job] / 1e9:.2f}", f"{ratios['instructions']:.2f}",
                     f"{memory[job]:.0f}", f"{ratios['memory']:.2f}"])
        bounds = dict(zip(ratios, at_most)) if job[2] == training else {}
        if job[2] == formulas:
            ratios = {"instructions to the training program":
                      instructions[job] / instructions[job[0], include_dirs, training]}
            bounds = dict(zip(ratios, at_most[2:]))
        failures += [f"{job[0]}: expected a ratio of {of} of at most {most:g}, got {ratios[of]:.3f}"
                     for of, most in bounds.items() if ratios[of] > most]
    print_table(["", "10^9 instructions", "ratio", "MB", "ratio"], rows)
    if failures:
        sys.exit("compare.py: " + "; ".join(failures))


def save_medians(path, runs, settings):
    """Writes what benchmarks/plot.py draws: results/VERSION.json for a release."""
    medians = defaultdict(lambda: defaultdict(dict))
    for (workload, threads, name), measured in runs.items():
        if measured and name in [*OURS, *PEERS, "descent, whole fit"]:
            speed = statistics.median(run.steps_per_second for run in measured)
            medians[str(threads)][name][workload] = round(speed, 1)
    header = (HERE.parent / "include/descent/core/version.hpp").read_text()
    release = {
        "version": re.search(r'library_version = "([^"]+)"', header).group(1),
        "date": str(datetime.date.today()),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "compiler": output_of(settings["compiler"], "--version").splitlines()[0] + ", -O3 -march=native",
        "libraries": ", ".join(f"{name} {version}" for name, version in settings["versions"].items() if version),
        "steps_per_second": medians,
    }
    path.write_text(json.dumps(release, indent=2) + "\n")


# --- the page ---------------------------------------------------------------------------------------------------


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return output_of("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()


def describe(settings, options, kernels):
    compiler = output_of(settings["compiler"], "--version").splitlines()[0]
    libraries = ", ".join(f"{name} {version}" for name, version in settings["versions"].items() if version)
    print(f"- Date: {datetime.date.today()}")
    print(f"- Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(f"- Compiler: {compiler}, -O3 -march=native")
    print(f"- Libraries: {libraries}")
    if kernels:
        print(f"- OpenBLAS: {kernels}")
    print(f"- Command: ./dev bench {' '.join(sys.argv[1:])}".rstrip())
    if options.only != "compile":
        rounds = f"{options.repetitions} rounds of {options.seconds:g} s"
        print(f"- Medians of {rounds}; in each round all libraries take turns.")
    print()


def parse_arguments():
    libraries = [*OURS, *PEERS]
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=Path, default=HERE.parent / "build/bench", help="folder of the build")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=WORKLOADS)
    parser.add_argument("--threads", nargs="+", type=int, default=[n for n in [1, 2, 4, 8, 16] if n <= len(cores())],
                        help="numbers of threads, ascending (1, 2, 4, 8 and 16, as far as the cores go)")
    parser.add_argument("--libraries", nargs="+", choices=libraries, default=libraries, metavar="LIBRARY",
                        help=", ".join(libraries))
    parser.add_argument("--repetitions", type=int, default=5, help="rounds (5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds that each worker trains in a round (2)")
    parser.add_argument("--quick", action="store_true", help="two short rounds, for a rough estimate")
    parser.add_argument("--only", choices=["steps", "compile"], help="measure only training steps or only the compiler")
    parser.add_argument("--save", type=Path, metavar="FILE", help="also write the medians to a file, as in results/")
    parser.add_argument("--at-most", nargs=3, type=float, metavar=("INSTRUCTIONS", "MEMORY", "FORMULAS"),
                        help="only check the cost of a training program for the compiler, relative to a single product, "
                             "and the instructions of formulas relative to those of the training program")
    options = parser.parse_args()
    if options.quick:
        options.repetitions, options.seconds = 2, 0.5
    return options


def main():
    options = parse_arguments()
    build = options.build / "benchmarks"
    settings = json.loads((build / "settings.json").read_text())
    if options.at_most:
        return check_compile_cost(tuple(settings["include_dirs"]), options.at_most)
    workers = find_workers(build)

    kernels = choose_openblas_kernels(workers) if options.only != "compile" else None
    print("# Benchmarks\n")
    describe(settings, options, kernels)
    if options.only != "compile":
        begin, others = time.monotonic(), time_of_others()
        runs, left_out = measure(workers, options)
        print("## Training\n")
        if others is not None:
            busy = (time_of_others() - others) / (time.monotonic() - begin)
            print(f"Other programs used {100 * busy:.0f} % of a core during the run.\n")
        for threads in detailed(options):
            training_tables(runs, threads, options)
        for reason in left_out:
            print(f"Left out: {reason}.\n")
        if len(options.threads) > 1:
            threads_tables(runs, options)
        for workload in [w for w in WEIGHED if w in options.workloads] or options.workloads[:1]:
            memory_table(runs, workload, options)
        if options.save:
            save_medians(options.save, runs, settings)
    if options.only != "steps":
        compile_table(settings["include_dirs"], options)


if __name__ == "__main__":
    main()
