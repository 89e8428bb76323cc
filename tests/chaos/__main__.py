"""``make chaos N=2000``: live so many histories, ``make chaos ARGS="--seed 17"`` one.

``make chaos ARGS="--broken lease"`` breaks the code first, and wants a divergence within 200.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial

from tests.chaos import breaking, working


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=200, help="how many histories")
    parser.add_argument("--first", type=int, default=1, help="the first one's seed")
    parser.add_argument("--seed", type=int, help="this history alone, told step by step")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--until-found", action="store_true", help="end with the first divergence, told whole"
    )
    parser.add_argument("--broken", choices=breaking.BREAKS, help="expect it to be found")
    given = parser.parse_args(arguments)
    if given.broken:
        return not breaking.is_found(
            given.broken, given.first, min(given.number, breaking.WITHIN), given.jobs
        )
    if given.seed is not None:
        return _tell(list(_lived([given.seed], 1)), 1)
    seeds = range(given.first, given.first + given.number)
    began = time.monotonic()
    found = []
    for done, divergence in enumerate(_lived(list(seeds), given.jobs, smallest=not given.until_found), 1):
        if divergence:
            found.append(divergence)
            print(divergence, flush=True)
            if given.until_found:
                print(f"chaos: found after {done} histories")
                return 1
        if done % 100 == 0:
            print(f"{done} histories, {len(found)} divergences, {time.monotonic() - began:.0f} s", flush=True)
    return _tell(found, len(seeds))


def _tell(found: list[str], lived: int) -> int:
    divergences = [each for each in found if each]
    if lived == 1:
        print("\n".join(divergences))
    print(f"chaos: {len(divergences)} divergences in {lived} histories")
    return 1 if divergences else 0


def _lived(seeds: list[int], jobs: int, *, smallest: bool = True) -> Iterator[str]:
    """What diverged, "" for each history that did not, as they come to their ends."""
    look = partial(working.look, smallest=smallest)
    if jobs == 1:
        working.begin()
        yield from map(look, seeds)
        working.end()
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=working.begin) as pool:
        try:
            for each in as_completed([pool.submit(look, seed) for seed in seeds]):
                yield each.result()
        finally:
            pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    sys.exit(main())
