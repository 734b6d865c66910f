"""The protocol of bench/peer.mjs: a number runs so many iterations, `memory` tells the peak, `parameters` how many G and D have,
`about` how it is written."""

import resource
import sys
import time


def peak():
    # Linux's ru_maxrss is at least what the parent had resident when it forked; this one is the process's own.
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024


def serve(step, *networks, about="as the public code has it"):
    for line in sys.stdin:
        word = line.strip()
        if word == "memory":
            print(peak(), flush=True)
            continue
        if word == "parameters":
            print(*(sum(p.numel() for p in network.parameters()) for network in networks), flush=True)
            continue
        if word == "about":
            print(about, flush=True)
            continue
        start = time.perf_counter()
        for _ in range(int(word)):
            step()
        print(time.perf_counter() - start, flush=True)
