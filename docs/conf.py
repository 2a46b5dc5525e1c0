"""The documentation as a site: `uv run --group docs sphinx-build docs site`."""

project = "mtlab"
author = "mtlab contributors"
extensions = ["myst_nb"]
html_theme = "furo"
html_title = "mtlab"
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
# The notebook is run by the tests, and shown as it was run.
nb_execution_mode = "off"
# Links to files of the repository beside docs/ have no page here.
suppress_warnings = ["myst.xref_missing"]
