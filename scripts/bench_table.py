"""Prints what the benches measured beside what the product promises: one line a promise, ok or MISSED.

Usage: bench_table.py FOLDER_OF_CRITERION [FILE]: only figures that are newer than FILE count.
"""

import json
import math
import re
import sys
from pathlib import Path

SIZES = [100, 1_000, 10_000]

# What is measured, as a pattern over criterion's names, and the most it may take in seconds.
LIMITS = [
    ("read the sample of 40 lines", r"read the sample of 40 lines", 20e-6),
    ("a frame, all of 10,000 nodes", r"canvas, 10,000 nodes.*all visible.*", 8e-3),
    ("a key in the text, 2,000 nodes", r"typing, 2,000 nodes.*", 16e-3),
    ("dragging one of 5,000 nodes", r"dragging one of 5,000 nodes.*", 16e-3),
    ("dragging all of 5,000 nodes", r"dragging all of 5,000 nodes.*", 16e-3),
    ("a box over 5,000 nodes", r"a box over 5,000 nodes.*", 16e-3),
    ("checks, 200 nodes", r"checks, 200 nodes \(.*", 50e-3),
    ("a frame, 40 of 10,000 nodes", r"canvas, zoomed in on 40 of 10,000 nodes.*", 0.3e-3),
    ("a run of 40 calls in memory", r"run of 40 built-in calls/in memory.*", 0.4e-3),
    ("a run of 40 calls, journaled", r"run of 40 built-in calls/journaled.*", 3e-3),
    ("a silent worker's ball, to the next", r"pulling/a silent worker's ball to the next.*", 2),
]

# The most of a peer's time that it may take.
PEERS = [("parse, resolve and check 10,000", r"read/parse, resolve and check/10000", "ron", r"read/the peer: ron/10000", 1 / 4)]

# Events a second, at every size.
RATES = [("events folded", r"engine/fold/{}", 1_000_000), ("events decided", r"engine/decide/{}", 300_000)]

# May grow by N log N from size to size, no faster.
GROWTH = [
    ("parse", r"read/parse/{}"),
    ("resolve", r"read/resolve/{}"),
    ("check", r"read/check/{}"),
    ("parse, resolve and check", r"read/parse, resolve and check/{}"),
    ("engine, fold", r"engine/fold/{}"),
    ("engine, decide", r"engine/decide/{}"),
    ("geometry, placed", r"geometry, {} nodes, placed"),
    ("geometry, arranged", r"geometry, {} nodes, arranged"),
    ("a frame, all visible", r"canvas, {:,} nodes.*"),
]


def measured(folder, since):
    """Criterion's full name of each bench -> median seconds, and elements a round if it counts any."""
    found = {}
    for path in folder.rglob("new/estimates.json"):
        if path.stat().st_mtime < since:
            continue
        bench = json.loads((path.parent / "benchmark.json").read_text())
        seconds = json.loads(path.read_text())["median"]["point_estimate"] / 1e9
        found[bench["full_id"]] = (seconds, (bench.get("throughput") or {}).get("Elements"))
    return found


def time(seconds):
    for unit, size in [("s", 1), ("ms", 1e-3), ("us", 1e-6)]:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def rows(found):
    """What, figure, limit, and whether it is kept: None if it was not measured."""

    def find(pattern):
        return next((value for name, value in found.items() if re.fullmatch(pattern, name)), None)

    for what, pattern, limit in LIMITS:
        hit = find(pattern)
        yield what, hit and time(hit[0]), f"at most {time(limit)}", hit and hit[0] <= limit
    for what, pattern, peer_name, peer_pattern, share in PEERS:
        hit, peer = find(pattern), find(peer_pattern)
        limit = f"at most {share:.0%} of {peer_name}" + (f"'s {time(peer[0])}" if peer else "")
        both = hit and peer
        figure = both and f"{time(hit[0])} ({hit[0] / peer[0]:.0%})"
        yield what, figure, limit, both and hit[0] <= share * peer[0]
    for what, pattern, limit in RATES:
        for size in SIZES:
            hit = find(pattern.format(size))
            rate = hit and hit[1] and hit[1] / hit[0]
            yield f"{what}, {size:,} nodes", rate and f"{rate:,.0f} /s", f"at least {limit:,} /s", rate and rate >= limit
    for what, pattern in GROWTH:
        hits = [find(pattern.format(size)) for size in SIZES]
        for (small, large), (before, after) in zip(zip(SIZES, SIZES[1:]), zip(hits, hits[1:])):
            limit = large * math.log(large) / (small * math.log(small))
            factor = before and after and after[0] / before[0]
            figure = factor and f"{time(before[0])} -> {time(after[0])}, x {factor:.1f}"
            yield f"{what}, {small:,} -> {large:,}", figure, f"at most x {limit:.1f}", factor and factor <= limit


def main():
    folder = Path(sys.argv[1])
    since = Path(sys.argv[2]).stat().st_mtime if len(sys.argv) > 2 else 0
    table = list(rows(measured(folder, since)))
    print(f"\n{'':<42} {'measured':<30} {'promised':<32}")
    for what, figure, limit, kept in table:
        verdict = "not measured" if kept is None else "ok" if kept else "MISSED"
        print(f"{what:<42} {figure or '-':<30} {limit:<32} {verdict}")
    return 0 if all(kept for *_, kept in table) else 1


if __name__ == "__main__":
    sys.exit(main())
