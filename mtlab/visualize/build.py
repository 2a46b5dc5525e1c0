"""The kinds of pictures by the names that users type; a new one is a line here."""

from mtlab.visualize.activations import Activations
from mtlab.visualize.classes import Classes
from mtlab.visualize.curves import Curves
from mtlab.visualize.dead import Dead
from mtlab.visualize.dream import Dream
from mtlab.visualize.embeddings import Embeddings
from mtlab.visualize.filters import Filters
from mtlab.visualize.maximise import Maximise
from mtlab.visualize.mistakes import Mistakes
from mtlab.visualize.occlusion import Occlusion
from mtlab.visualize.residuals import Residuals
from mtlab.visualize.robustness import Robustness
from mtlab.visualize.saliency import Saliency
from mtlab.visualize.subject import Picture

# In the order in which `what=all` draws them.
KINDS: dict[str, type[Picture]] = {
    "filters": Filters,
    "activations": Activations,
    "dead": Dead,
    "maximise": Maximise,
    "dream": Dream,
    "embeddings": Embeddings,
    "mistakes": Mistakes,
    "classes": Classes,
    "residuals": Residuals,
    "saliency": Saliency,
    "occlusion": Occlusion,
    "robustness": Robustness,
    "curves": Curves,
}
