"""What the command line asks of the system's libraries, seen in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from mtlab.process import tune_for_training
if {tuned}:
    tune_for_training()
def faults_of_a_block():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(16_000_000, dtype=np.uint8)
    np.ones(40_000_000, dtype=np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
first = faults_of_a_block()
print(first, faults_of_a_block())
"""


def faults(tuned: bool) -> list[int]:
    """Page faults while two large blocks are filled, for the first time and again."""
    program = [sys.executable, "-c", FAULTS.format(tuned=tuned)]
    output = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    return [int(word) for word in output.split()]


@pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="only glibc's malloc has the setting"
)
def test_memory_of_a_step_is_there_for_the_next() -> None:
    first, again = faults(tuned=True)
    assert first > 100
    assert again < first / 10
    assert faults(tuned=False)[1] > first / 2


def test_the_user_has_the_last_word_on_waiting() -> None:
    program = (
        "import os; from mtlab.process import tune_for_training; tune_for_training();"
        "print(os.environ['GOMP_SPINCOUNT'])"
    )

    def spins(**variables: str) -> str:
        environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"} | variables
        command = [sys.executable, "-c", program]
        run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return run.stdout.strip()

    assert spins(GOMP_SPINCOUNT="7") == "7"
    assert spins() == "5000"
