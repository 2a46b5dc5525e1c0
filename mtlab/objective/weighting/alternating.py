"""Tasks that take turns: each step trains one of them."""

import torch

from mtlab.objective.objective import Weighting


class Alternating(Weighting):
    """The loss of one task in each step, and 0 for the others.

    In turn, or drawn by probabilities: Collobert, Weston (2008), "A unified architecture for
    natural language processing", ICML, draw a task in every step; Luong et al. (2016), "Multi-task
    sequence to sequence learning", ICLR, draw it by mixing ratios.

    Deviation: all tasks have labels for the same images here, so every task's loss is measured in
    every step. The heads of those that wait get a gradient of 0: plain gradient descent leaves them
    as they are, while momentum and Adam's running means carry them on a little.

    Args:
        probabilities: One per task, summing to 1.
        generator: Draws the tasks, on the device of the losses; None: they come in turn.
    """

    turn: torch.Tensor
    upper_ends: torch.Tensor
    positions: torch.Tensor

    def __init__(self, probabilities: list[float], generator: torch.Generator | None) -> None:
        super().__init__()
        self._probabilities = probabilities
        self._generator = generator
        self.register_buffer("turn", torch.tensor(0))
        # A draw from [0, 1) belongs to the first task whose end lies above it.
        ends = torch.tensor(probabilities, dtype=torch.float64).cumsum(dim=0)
        self.register_buffer("upper_ends", ends[:-1].float())
        self.register_buffer("positions", torch.arange(len(probabilities)))

    def forward(self, losses: torch.Tensor) -> torch.Tensor:
        if self._generator is None:
            chosen = self.turn.clone()
            self.turn.copy_((self.turn + 1) % len(self._probabilities))
        else:
            draw = torch.rand((), generator=self._generator, device=losses.device)
            chosen = (draw >= self.upper_ends).sum()
        return torch.where(self.positions == chosen, losses, 0.0)

    def reported_weights(self) -> list[float]:
        """The probabilities: the loss that a step minimises on average."""
        return self._probabilities
