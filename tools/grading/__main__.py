"""Mark a folder of submitted notebooks.

    python -m tools.grading submissions/ --csv marks.csv

Notebooks lie in the folder itself, or below one folder for each student. Every one is run by
itself, within limits of time and memory, and the function of each exercise is checked on random
inputs, the same for all students. This guards against accidents, not against malice: where you do
not trust a submission, run this in a container or as another user.
"""

import argparse
import csv
import io
import secrets
import sys
from pathlib import Path


def number(kind, at_least=None):
    """A type of argument: a number above 0, or a whole one that is no smaller than `at_least`."""

    def read(text):
        value = kind(text)
        if at_least is None and not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
        if at_least is not None and value < at_least:
            raise argparse.ArgumentTypeError(f"expected {at_least} or more, got {text}")
        return value

    return read


def make_parser():
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    above_zero, at_least_1, at_least_0 = number(float), number(int, 1), number(int, 0)
    add("folder", type=Path, help="the submissions")
    add("--csv", type=Path, metavar="FILE", help="write the marks there")
    add("--seconds", type=above_zero, default=300, help="for one notebook (default: 300)")
    add("--memory", type=above_zero, default=4, help="for one notebook, in GB (default: 4)")
    add("--jobs", type=at_least_1, default=1, help="so many at a time (default: 1)")
    add("--seed", type=at_least_0, help="that another run printed: for the same inputs again")
    return parser


def report(marks):
    """One line about a submission that has been marked."""
    first = marks[0]
    right = sum(mark.status == "right" for mark in marks)
    score = f"{right}/{len(marks)}" if first.exercise else first.message
    print(f"{first.student:<24} {first.file:<48} {score}   {first.seconds:.0f} s", flush=True)


def main(args=None):
    """Mark the submissions; return 0 when all were looked at, 2 if the call was wrong."""
    parser = make_parser()
    chosen = parser.parse_args(args)
    if not chosen.folder.is_dir():
        parser.error(f"there is no folder {chosen.folder}; expected the folder of the submissions")
    try:
        from . import grading
    except ImportError as error:
        parser.error(f"{error}. Grading needs psutil: python -m pip install psutil")
    submissions = grading.find_submissions(chosen.folder)
    if not submissions:
        parser.error(f"no notebook (*.ipynb) lies in {chosen.folder} or in the folders below it")
    file = None
    try:
        if chosen.csv:  # a spreadsheet takes it for UTF-8 by the mark at its beginning
            file = open(chosen.csv, "w", encoding="utf-8-sig", errors="replace", newline="")
    except OSError as error:
        parser.error(f"cannot write the marks: {error}. Is it open in a spreadsheet program?")

    seed = secrets.randbelow(2**32) if chosen.seed is None else chosen.seed
    limits = grading.Limits(chosen.seconds, chosen.memory)
    grader = grading.Grader(chosen.folder, limits, seed)
    everything = []
    try:
        writer = csv.writer(file or io.StringIO())
        writer.writerow(grading.COLUMNS)
        for marks in grader.grade_all(submissions, chosen.jobs):
            everything += marks
            report(marks)
            writer.writerows(map(grading.csv_row, marks))
            if file:
                file.flush()  # what is marked stays, even if the run is interrupted
    except KeyboardInterrupt:
        print(f"\nInterrupted after {len(everything)} marks.", file=sys.stderr)
        return 130
    finally:
        if file:
            file.close()
    print("\n" + grading.summary(everything))
    print(f"\n{grading.totals(everything)}")
    print(f"The same inputs again: --seed {seed}" + (f"; marks: {chosen.csv}" if file else ""))
    return 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a Windows console may not know every letter
    sys.exit(main())
