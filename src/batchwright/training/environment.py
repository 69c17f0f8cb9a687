"""What a result was measured on: versions and hardware, for reports and benchmarks."""

from __future__ import annotations

import platform
from functools import lru_cache
from pathlib import Path

import torch

from batchwright.core.processors import usable_processors
from batchwright.core.version import __version__


def environment(device: torch.device | None = None) -> dict[str, str | int]:
    """Versions, processor, cores, threads and the accelerator where one is used."""
    facts = dict(_host())
    facts["threads"] = torch.get_num_threads()
    if device is not None and device.type == "cuda":
        facts["device"] = torch.cuda.get_device_name(device)
    else:
        facts["device"] = "cpu"
    return facts


@lru_cache(maxsize=1)
def _host() -> tuple[tuple[str, str | int], ...]:
    return (
        ("batchwright", __version__),
        ("python", platform.python_version()),
        ("torch", torch.__version__),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("processor", _processor()),
        ("cores", usable_processors()),
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
