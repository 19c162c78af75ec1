"""Puts what scripts/bench.sh prints into README.md, as a table between `<!-- figures -->` and `<!-- /figures -->`.

Usage: readme_figures.py README < LINES: the lines of all benches in the form of bench_table.py; other lines are passed over.
"""

import os
import platform
import re
import sys
from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
# What, measured, promised, verdict. Columns that are too long for their width have one space behind them.
LINE = re.compile(
    r"(?P<what>\S.*?) {2,}(?P<measured>\S.*?) +(?P<limit>(?:at most|at least|under|beside) .*?)"
    r"(?: +(?P<verdict>ok|MISSED|not measured))?"
)
VERDICTS = {"ok": "yes", "MISSED": "**missed**", "not measured": "not measured", None: ""}


def read(lines):
    """(what, measured, limit, verdict) of each line that is of the table."""
    return [hit.group("what", "measured", "limit", "verdict") for hit in map(LINE.fullmatch, map(str.strip, lines)) if hit]


def sum_up(rows):
    """One row for all that say how time grows from size to size, unless one is missed."""
    growth = [row for row in rows if " -> " in row[0]]
    kept = sum(verdict == "ok" for *_, verdict in growth)
    rest = [row for row in rows if row not in growth or row[3] != "ok"]
    if kept:
        rest.append(("time from size to size of plays", f"{kept} of {len(growth)} steps", "at most N log N", "ok"))
    return rest


def machine():
    info = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*: (.*)$", info.read_text(), re.M) if info.exists() else []
    return f"{os.cpu_count()} cores, {names[0] if names else platform.machine()}, {platform.system()} {platform.release()}"


def table(rows):
    lines = ["| what | measured | limit | kept? |", "|---|---|---|---|"]
    for *cells, verdict in rows:
        cells = [cell.replace("|", "\\|") for cell in cells] + [VERDICTS[verdict]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"Measured on {machine()}."])


def main():
    readme = Path(sys.argv[1])
    text = readme.read_text()
    rows = read(sys.stdin)
    if text.count(BEGIN) != 1 or text.count(END) != 1 or not rows:
        print(f"{readme} has no place for figures between {BEGIN} and {END}, or there are none", file=sys.stderr)
        return 2
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n{table(sum_up(rows))}\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
