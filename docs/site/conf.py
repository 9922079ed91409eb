"""Settings of Sphinx for the site. ``make docs`` builds it; ``build.py`` says from which pages."""

from importlib.metadata import version as version_of

project = "serviceflow"
author = "The serviceflow developers"
copyright = author
release = version_of("serviceflow")
language = "en"

extensions = ["myst_nb", "sphinx_design", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
nb_execution_mode = "force"  # Notebooks are kept without what they show.
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"  # Progress bars.
suppress_warnings = ["myst.header"]  # A page may begin below a part that has no heading of its own.
html_theme = "pydata_sphinx_theme"
html_title = "serviceflow"
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
python_maximum_signature_line_length = 88
add_module_names = False
