"""What a view costs kernels: their start without and with it, a terminal's command, and how soon a mount is seen.

``python tests/bench/kernels.py [--quick]`` prints a table of medians; ``make bench`` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

sys.path.insert(0, str(Path(__file__).parents[2]))

from jupyter_gradient_data.service.kernel_tokens import KernelTokens
from jupyter_gradient_data.service.tokens import TokenRegistry
from tests.volumes.shown import INPUTS, Shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Fewer times.")
    times = 3 if parser.parse_args().quick else 11
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(GRADIENT_STATE_DIR=f"{folder}/state", IPYTHONDIR=f"{folder}/ipython")
        shown = Shown(Path(folder, "state"))
        try:
            print(f"The view is by {shown.view.mode.value}: {shown.view.reason}.\n")
            print("| Median of " + f"{times} | ms |\n|---|---:|")
            for what, seconds in _measures(shown, times):
                print(f"| {what} | {1000 * seconds:,.1f} |")
        finally:
            shown.close()


def _measures(shown: Shown, times: int) -> list[tuple[str, float]]:
    plain, seen, complete = asyncio.run(_kernels(times))
    return [
        ("Kernel ready, plain Jupyter", plain),
        ("Kernel ready, with the volumes", seen),
        ("Kernel ready, with the volumes and `%dataset`", complete),
        ("A token for a kernel is made and revoked", _tokens(shown, times)),
        ("`true`, plain", _median(times, lambda: subprocess.run(["true"], check=True))),
        ("`true`, with the volumes", _median(times, lambda: subprocess.run(shown.view.wrap(["true"]), check=True))),
        ("A view is started and closed", _median(times, lambda: Shown(shown.config.state_path / "other").close())),
        ("A mount of 20,000 files is seen by running kernels", _mounts(shown, times)),
        ("The same with 200 others", _mounts(shown, times, others=200)),
    ]


async def _kernels(times: int) -> list[float]:
    """Kernels in turns, so that what else the machine does falls on all."""
    kinds = [("local-provisioner", "0"), ("gradient", "0"), ("gradient", "1")]
    found: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
    for _ in range(times + 1):
        for (name, magics), seconds in found.items():
            KernelProvisionerFactory.instance().default_provisioner_name = name
            os.environ["GRADIENT_MAGICS"] = magics
            seconds.append(await _kernel())
    return [statistics.median(seconds[1:]) for seconds in found.values()]  # the first finds everything cold


async def _kernel() -> float:
    begun = time.perf_counter()
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    seconds = time.perf_counter() - begun
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    return seconds


def _tokens(shown: Shown, times: int) -> float:
    tokens = KernelTokens(TokenRegistry(shown.repository), "default")
    return _median(times, lambda: tokens.revoke(tokens.create().token.id))


def _mounts(shown: Shown, times: int, others: int = 0) -> float:
    tree = shown.folders.cache() / "trees" / "large"
    if not tree.exists():
        tree.mkdir(parents=True)
        for number in range(20_000):
            (tree / str(number)).touch()
    for number in range(others):
        shown.link(f"other-{number}", tree, INPUTS)
    shown.sync()
    count = iter(range(times))

    def mount() -> None:
        shown.link(f"new-{others}-{next(count)}", tree, INPUTS)
        shown.sync()

    return _median(times, mount)


def _median(times: int, work: Callable[[], object]) -> float:
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


if __name__ == "__main__":
    main()
