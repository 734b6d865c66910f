"""The protocol of bench/peer.mjs: a number runs so many iterations, `memory` tells the peak."""

import resource
import sys
import time


def serve(step):
    for line in sys.stdin:
        word = line.strip()
        if word == "memory":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
            continue
        start = time.perf_counter()
        for _ in range(int(word)):
            step()
        print(time.perf_counter() - start, flush=True)
