"""Initial weights of dense layers and convolutions, by the names of their papers."""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn import init

INITIALISATIONS: dict[str, Callable[[torch.Tensor], object]] = {
    "kaiming_normal": partial(init.kaiming_normal_, nonlinearity="relu"),
    "kaiming_uniform": partial(init.kaiming_uniform_, nonlinearity="relu"),
    "xavier_normal": init.xavier_normal_,
    "xavier_uniform": init.xavier_uniform_,
    "lecun_normal": partial(init.kaiming_normal_, nonlinearity="linear"),
    "orthogonal": init.orthogonal_,
}
"""With `in` and `out` counting a unit's inputs and outputs (of a convolution times the pixels of
its kernel), the variance of a weight is

- `kaiming_*`: 2 / in. He, Zhang, Ren, Sun (2015), "Delving deep into rectifiers",
  arXiv:1502.01852; derived for ReLU, and taken as it is for every activation.
- `xavier_*`: 2 / (in + out). Glorot, Bengio (2010), "Understanding the difficulty of training deep
  feedforward neural networks", AISTATS. The uniform one is what Keras does.
- `lecun_normal`: 1 / in. LeCun, Bottou, Orr, Müller (1998), "Efficient BackProp".
- `orthogonal`: that of a matrix whose rows, one per output (or its columns, if they are fewer), are
  orthogonal and of length 1. Saxe, McClelland, Ganguli (2014), arXiv:1312.6120.
"""


def initialise(model: nn.Module, name: str) -> None:
    """Draw the weights of every dense layer and convolution anew, and set their biases to 0.

    Output layers are no exception. Batch norm keeps its factors of 1 and offsets of 0.

    Args:
        name: `default` leaves what torch has drawn: weights and biases uniform within
            1 / sqrt(in) around 0; else one of `INITIALISATIONS`.
    """
    if name == "default":
        return
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            INITIALISATIONS[name](layer.weight)
            if layer.bias is not None:
                init.zeros_(layer.bias)
