"""index.html: every picture below a folder, with the command that made it."""

from __future__ import annotations

import html
from pathlib import Path

from PIL import Image

INDEX = "index.html"
STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:1500px;padding:0 1em;"
    "color:#222;background:#fff}section{display:flex;flex-wrap:wrap;gap:1.5em}"
    "figure{margin:0;max-width:460px}img{max-width:100%;height:auto;border:1px solid #ddd}"
    "figcaption{font-size:13px}code{color:#555;overflow-wrap:anywhere}"
)


def write_contact_sheet(folder: Path, title: str) -> Path:
    """Show every PNG below the folder, by subfolder; links are relative, so the folder can move.

    A file that is no picture is named on the page in its place.

    Returns:
        The path of the page.
    """
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
    ]
    groups: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.png")):
        groups.setdefault(path.parent.relative_to(folder).as_posix(), []).append(path)
    for group, paths in groups.items():
        parts.append(f"<h2>{html.escape(group)}</h2><section>")
        parts += [_entry(path, folder) for path in paths]
        parts.append("</section>")
    parts.append("</body></html>\n")
    page = folder / INDEX
    page.write_text("\n".join(parts), encoding="utf-8")
    return page


def _entry(path: Path, folder: Path) -> str:
    name = html.escape(path.relative_to(folder).as_posix(), quote=True)
    try:
        with Image.open(path) as image:
            command = str(image.info.get("Description", ""))
            width, height = image.size
    except (OSError, SyntaxError) as error:
        # Pillow's words for a damaged file: UnidentifiedImageError is an OSError.
        reason = html.escape(
            f"cannot be read ({type(error).__name__}): make it again, or delete it"
        )
        return f"<figure><figcaption>{name} {reason}</figcaption></figure>"
    files = (path.with_suffix(".svg"), path.with_suffix(".npz"))
    links = " ".join(
        f'<a href="{html.escape(file.relative_to(folder).as_posix(), quote=True)}">'
        f"{file.suffix[1:]}</a>"
        for file in files
        if file.is_file()
    )
    return (
        f'<figure><a href="{name}"><img src="{name}" alt="{name}" width="{width}" height="{height}"'
        f' loading="lazy"></a><figcaption>{name} {links}<br><code>{html.escape(command)}</code>'
        "</figcaption></figure>"
    )
