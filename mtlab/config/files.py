"""Keys that name a run's folder or a file."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from mtlab.config.base import described

# In full, so that a run can be measured again from any folder.
Place = Annotated[
    str, AfterValidator(lambda typed: typed and str(Path(typed).expanduser().absolute()))
]

RunFolderKey = Annotated[str, described("the folder of a run", "outputs/DATE/TIME", min_length=1)]
NpzFile = Annotated[str, described("a .npz file", "images.npz", pattern=r"\.npz$")]
ImagesPlace = Annotated[
    str,
    described("a .npy or .npz file, a picture or a folder of pictures", "photo.png", min_length=1),
]
PredictionsFile = Annotated[str, described("a .csv or .npz file", "y.csv", pattern=r"\.(csv|npz)$")]
TableFile = Annotated[
    str, described("a .tex, .md or .csv file", "table.tex", pattern=r"\.(tex|md|csv)$")
]
DrawingFile = Annotated[
    str, described("a .png, .pdf or .svg file", "network.pdf", pattern=r"\.(png|pdf|svg)$")
]
