"""What a regression head's last layer can answer."""

import pytest
import torch

from mtlab.data.tasks import ClassificationTask, RegressionTask
from mtlab.models.heads import output_layer


@pytest.mark.parametrize(
    ("range_", "activation", "low", "high"),
    [
        ((-2.0, 3.0), "sigmoid", -2.0, 3.0),
        (None, "sigmoid", 0.0, 1.0),
        (None, "softplus", 0.0, None),
    ],
)
def test_answers_stay_in_what_the_activation_reaches(
    range_: tuple[float, float] | None, activation: str, low: float, high: float | None
):
    layer = output_layer(RegressionTask("c", range_, activation), 3)
    answers = layer(100 * torch.randn(50, 3, generator=torch.Generator().manual_seed(0)))
    assert answers.shape == (50,)
    assert bool((answers >= low).all())
    assert high is None or bool((answers <= high).all())


def test_sigmoid_is_in_the_middle_of_its_range_at_zero():
    layer = output_layer(RegressionTask("c", (10.0, 20.0), "sigmoid"), 2)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    assert layer(torch.ones(1, 2)).tolist() == [15.0]


def test_classification_gives_a_logit_per_class():
    assert output_layer(ClassificationTask("a", ("x", "y", "z")), 4)(torch.ones(2, 4)).shape == (
        2,
        3,
    )
