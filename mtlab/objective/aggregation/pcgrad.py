"""Gradient surgery: what two tasks pull in opposite directions is taken out."""

import torch


class PCGrad:
    """Projects each task's gradient off those that conflict with it, then adds them up.

    Yu et al. (2020), "Gradient surgery for multi-task learning", NeurIPS, algorithm 1: for every
    task the others come in random order, and where `g_i . g_j < 0`

        g_i <- g_i - (g_i . g_j) / |g_j|^2 * g_j

    with `g_i` as the earlier ones left it and `g_j` as it was.

    Args:
        generator: Draws the orders; on the device of the gradients.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def __call__(self, gradients: torch.Tensor) -> torch.Tensor:
        num_tasks = gradients.shape[0]
        device = gradients.device
        # A row for each task: all tasks in random order, of which it leaves itself out.
        draws = torch.rand(num_tasks, num_tasks, generator=self._generator, device=device)
        orders = draws.argsort(dim=1)
        itself = torch.arange(num_tasks, device=device)
        squared_norms = gradients.square().sum(dim=1).clamp(min=torch.finfo(gradients.dtype).tiny)
        projected = gradients
        for other in orders.unbind(dim=1):
            products = (projected * gradients[other]).sum(dim=1)
            is_conflict = (products < 0) & (other != itself)
            shares = torch.where(is_conflict, products / squared_norms[other], 0.0)
            projected = projected - shares.unsqueeze(1) * gradients[other]
        return projected.sum(dim=0)
