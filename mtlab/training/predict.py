"""What a network answers for images that have no targets."""

import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

from mtlab.device import Device

Outputs = dict[str, torch.Tensor]


def predict(
    model: nn.Module,
    images: torch.Tensor,
    batch_size: int,
    device: Device,
    normalise: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Outputs:
    """The outputs of every task.

    Args:
        images: `(num_samples, channels, height, width)`, at least one; moved to the device batch
            by batch.
        batch_size: Images per forward pass; the last batch may be smaller. Each core of the
            processor has one such batch under way.
        normalise: From pixels to the network's input, batch by batch; None for images that are
            normalised.

    Returns:
        Per task, float32 on the CPU: logits `(num_samples, classes)` for classification, values
        `(num_samples,)` for regression.
    """

    def answer(batch: torch.Tensor) -> Outputs:
        # Both contexts hold for the thread that enters them.
        with torch.inference_mode(), device.autocast():
            inputs = batch if normalise is None else normalise(batch)
            outputs: Outputs = model(inputs.to(device.torch_device))
            return {task: output.float() for task, output in outputs.items()}

    was_training = model.training
    model.eval()
    batches = images.split(batch_size)
    try:
        if device.type == "cpu":
            with _STARTING:
                pool = _one_core_each(device.num_threads, os.getpid())
            answers = list(pool.map(answer, batches))
        else:
            answers = [answer(batch) for batch in batches]
    finally:
        model.train(was_training)
    return {task: torch.cat([part[task] for part in answers]).cpu() for task in answers[0]}


_STARTING = threading.Lock()


@functools.cache
def _one_core_each(num_cores: int, process: int) -> ThreadPoolExecutor:
    """Threads that compute with one core each: a batch for every core, not a layer for all cores.

    Cores then wait for each other once and not behind each layer, where a busy moment of one holds
    up all: a convolutional network answers in about a tenth less time, and with the same bits
    however many cores there are. torch does not hold Python's lock while it computes.

    All threads start at once and stay, since torch takes the number of a thread's cores for that of
    the whole process: it is put right before anybody else can notice.

    Args:
        process: A forked process inherits the pool but not its threads, and makes its own.
    """
    cores_before = torch.get_num_threads()
    pool = ThreadPoolExecutor(num_cores, thread_name_prefix=f"mtlab-predict-{process}")
    all_started = threading.Barrier(num_cores)

    def start() -> None:
        torch.set_num_threads(1)
        all_started.wait()

    try:
        for started in [pool.submit(start) for _ in range(num_cores)]:
            started.result()
    finally:
        torch.set_num_threads(cores_before)
    return pool
