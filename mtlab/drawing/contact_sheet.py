"""index.html: every picture below a folder, with the command that made it."""

from pathlib import Path
from typing import Any

from jinja2 import Environment
from PIL import Image

INDEX = "index.html"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>
body {font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 1500px; padding: 0 1em;
  color: #222; background: #fff}
section {display: flex; flex-wrap: wrap; gap: 1.5em}
figure {margin: 0; max-width: 460px}
img {max-width: 100%; height: auto; border: 1px solid #ddd}
figcaption {font-size: 13px}
code {color: #555; overflow-wrap: anywhere}
</style></head><body>
<h1>{{ title }}</h1>
{% for group, pictures in pictures|groupby("group") %}
<h2>{{ group }}</h2><section>
{% for picture in pictures %}
<figure>
  {% if picture.error %}
  <figcaption>{{ picture.name }} cannot be read ({{ picture.error }}): make it again, or delete it
  {% else %}
  <a href="{{ picture.name }}"><img src="{{ picture.name }}" alt="{{ picture.name }}"
    width="{{ picture.width }}" height="{{ picture.height }}" loading="lazy"></a>
  <figcaption>{{ picture.name }}
    {% for file in picture.files %}<a href="{{ file }}">{{ file[-3:] }}</a> {% endfor %}
    <br><code>{{ picture.command }}</code>
  {% endif %}
  </figcaption>
</figure>
{% endfor %}
</section>
{% endfor %}
</body></html>
"""


def write_contact_sheet(folder: Path, title: str) -> Path:
    """Show every PNG below the folder, by subfolder; links are relative, so the folder can move.

    A file that is no picture is named on the page in its place. The path of the page comes back.
    """
    pictures = [_describe(path, folder) for path in sorted(folder.rglob("*.png"))]
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(PAGE)
    page = folder / INDEX
    page.write_text(template.render(title=title, pictures=pictures), encoding="utf-8")
    return page


def _describe(path: Path, folder: Path) -> dict[str, Any]:
    place = path.relative_to(folder)
    picture = {"name": place.as_posix(), "group": place.parent.as_posix()}
    try:
        with Image.open(path) as image:
            command, (width, height) = str(image.info.get("Description", "")), image.size
    except (OSError, SyntaxError) as error:
        # Pillow's words for a damaged file: UnidentifiedImageError is an OSError.
        return picture | {"error": type(error).__name__}
    endings = (".pdf", ".svg", ".npz", ".csv", ".tex")
    beside = [ending for ending in endings if path.with_suffix(ending).is_file()]
    files = [place.with_suffix(ending).as_posix() for ending in beside]
    return picture | {"command": command, "width": width, "height": height, "files": files}
