"""What configuration keys are for, said once: dotted keys, or groups and all that is below them.

Presets, reports and whoever asks whether two runs are the same ask here. Plain values: a report
reads this module without loading anything else.
"""

STUDY = (
    "experiment",
    "preset",
    "deviations",
    "row",
    "rows",
    "published",
    "published_ensemble",
    "published_random",
    "published_on",
    "after_sweep",
)
"""What a preset says about its runs; no run is made otherwise by it."""

PLACE_AND_SPEED = (
    "device.name",
    "device.threads",
    "dataset.root",
    "dataset.path",
    "trainer.figures",
    "trainer.eval_batch_size",
    "tracker",
)
"""Where and how fast a run is made, and what is drawn of it: no part of a study's protocol."""

REPETITION = ("seed", "dataset.fold")
"""Tells repetitions of one run apart: their random numbers, and who is validated on."""

PERCEPTRON_RULE = ("model.lr", "model.initial_scale", "model.tolerance", "model.update")
"""How a perceptron learns; it makes it no other model."""

FOR_TRAINING_IMAGES = (
    "dataset.name",
    "dataset.root",
    "dataset.normalisation",
    "dataset.val_fraction",
    "dataset.folds",
    "dataset.fold",
    "dataset.class_names",
    "dataset.default_tasks",
)
"""Keys of a dataset that leave its test images and their targets as they are."""

FOR_THE_LOSS = ("activation", "loss", "huber_delta")
"""Keys of a task, `dataset.tasks.<name>.<key>`, that leave its targets as they are."""
