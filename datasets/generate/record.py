"""Measure the contests of all briefs and write the recorded answers: `python datasets/generate/record.py`.

Takes a quarter of an hour on two cores; a killed run goes on where it stopped.
"""

from twolevers.decide.brief import load_case, names
from twolevers.lessons.capstone.contest import contest
from twolevers.lessons.capstone.experiment import folder, grid, record, winners
from twolevers.lessons.common.bench import Workbench
from twolevers.paths import write_atomically


def main() -> None:
    """Run the contests, write the files, print the tables."""
    import pandas as pd

    bench = Workbench.load()
    found = [contest(bench, load_case(name)) for name in names()]
    for name, text in record(found, bench.model.name).items():
        write_atomically(folder() / name, text)
    everything = pd.concat([one.frame for one in found], ignore_index=True)
    with pd.option_context("display.width", 250, "display.max_columns", None):
        print(grid(everything), winners(everything), sep="\n")


if __name__ == "__main__":
    main()
