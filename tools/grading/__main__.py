"""Mark a folder of submitted notebooks.

    python -m tools.grading submissions/ --csv marks.csv

Notebooks lie in the folder itself, or below one folder for each student. Every one is run by
itself, within limits of time and memory, and the function of each exercise is checked on random
inputs, the same for all students. This guards against accidents, not against malice: where you do
not trust a submission, run this in a container or as another user.
"""

import argparse
import secrets
import sys
from pathlib import Path


def positive(text):
    """A number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return value


def jobs(text):
    """A whole number, at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text}")
    return value


def seed(text):
    """A whole number, at least 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected 0 or more, got {text}")
    return value


def make_parser():
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="the submissions")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the marks there")
    parser.add_argument(
        "--seconds", type=positive, default=300, help="for one notebook (default: 300)"
    )
    parser.add_argument(
        "--memory", type=positive, default=4, help="for one notebook, in gigabytes (default: 4)"
    )
    parser.add_argument("--jobs", type=jobs, default=1, help="so many at a time (default: 1)")
    parser.add_argument(
        "--seed", type=seed, help="makes the inputs of another run again, whose seed it printed"
    )
    return parser


def open_csv(path):
    """Open the file for the marks; spreadsheets take UTF-8 for what it is by the mark in front."""
    return open(path, "w", encoding="utf-8-sig", errors="replace", newline="")


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
    try:
        file = open_csv(chosen.csv) if chosen.csv else None
    except OSError as error:
        parser.error(f"cannot write the marks: {error}. Is it open in a spreadsheet program?")

    number = secrets.randbelow(2**32) if chosen.seed is None else chosen.seed
    limits = grading.Limits(chosen.seconds, chosen.memory)
    grader = grading.Grader(chosen.folder, limits, number)
    everything = []
    try:
        writer = grading.csv_writer(file) if file else None
        for marks in grader.grade_all(submissions, chosen.jobs):
            everything += marks
            report(marks)
            if writer:
                writer.writerows(map(grading.csv_row, marks))
                file.flush()  # what is marked stays, even if the run is interrupted
    except KeyboardInterrupt:
        print(f"\nInterrupted after {len(everything)} marks.", file=sys.stderr)
        return 130
    finally:
        if file:
            file.close()
    print("\n" + grading.summary(everything))
    print(f"\n{grading.totals(everything)}")
    print(f"The same inputs again: --seed {number}" + (f"; marks: {chosen.csv}" if file else ""))
    return 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a Windows console may not know every letter
    sys.exit(main())
