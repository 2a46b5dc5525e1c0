"""Random number generators, one per purpose, all derived from one seed."""

import hashlib

import torch


def derived_seed(seed: int, purpose: str) -> int:
    """A 63-bit seed for one purpose, so that no two draws of a run share a stream.

    Hashing keeps neighbouring seeds apart: seeds 1 and 2 give unrelated streams.
    """
    digest = hashlib.sha256(f"{purpose}:{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one purpose of a run, such as `"batch order"`, on the processor or a GPU.

    The two kinds of device draw different numbers from the same seed.
    """
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose))


def seed_global_generators(seed: int) -> None:
    """Seed torch's global generators, which weight initialisation and dropout draw from."""
    torch.manual_seed(derived_seed(seed, "weights and dropout"))
