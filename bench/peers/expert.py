"""What an expert does to a training loop in today's PyTorch on a processor: channels-last networks and images, Adam in one fused
kernel, D's weights left out of G's graph, torch.compile where it is faster, tcmalloc (bench/peer.mjs preloads it).
"""

import contextlib
import time

import torch


def channels_last(network):
    return network.to(memory_format=torch.channels_last)


def adam(network, lr, betas):
    return torch.optim.Adam(network.parameters(), lr=lr, betas=betas, fused=True)


def autocast(options):
    if not options.get("bfloat16", False):
        return contextlib.nullcontext()
    return torch.autocast("cpu", dtype=torch.bfloat16)


@contextlib.contextmanager
def frozen(network):
    """Within it the network's weights get no gradients, but what it is given does."""
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    yield
    for parameter in network.parameters():
        parameter.requires_grad_(True)


def seconds(step, trials=3):
    taken = []
    for _ in range(trials):
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
    return min(taken)


def fastest(make, *networks):
    """The faster of make(*networks), which is a step, and the same with compiled networks; and a word on which it was."""
    eager = make(*networks)
    try:
        compiled = make(*(torch.compile(network) for network in networks))
        compiled()
    except RuntimeError as error:
        # Double backward, which torch.compile has not; or no compiler.
        return eager, f"not compiled ({type(error).__name__})"
    eager()
    return (compiled, "compiled") if seconds(compiled) < seconds(eager) else (eager, "not compiled, which was slower")
