"""What mkdocs.yml cannot say: pages that lie elsewhere in the repository, and the links to them."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]

# Where a page lies in the repository, and where on the site.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "benchmarks/peers/README.md": "peers.md",
    "models/README.md": "models.md",
}
SOURCES = {page: source for source, page in PAGES.items()}
# A type in words that mkdocstrings took for Python: "str, path-like or bytes" for a tuple.
WORDS = re.compile(r"((?:\(|field-body\">)\s*<code>)\(([^()]*)\)(?=</code>)")
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the style sheet."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    style = Path(__file__).with_name("site.css")
    files.append(File.generated(config, style.name, abs_src_path=str(style)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead links between files of the repository to the pages that they are on the site.

    Those to files that are no pages lose their link; what is not there, mkdocs complains about.
    """
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")

    def on_site(link: re.Match[str]) -> str:
        image, text, target, anchor = link.groups(default="")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        uri = PAGES.get(path, path.removeprefix("docs/"))
        if uri == path and (ROOT / path).exists() and not path.startswith("docs/"):
            return text
        return f"{image}[{text}]({posixpath.relpath(uri, posixpath.dirname(here))}{anchor})"

    return LINK.sub(on_site, markdown)


def on_page_content(html: str, **_: object) -> str:
    """Give types in docstrings back as they were written."""
    return WORDS.sub(r"\1\2", html).replace("path - like", "path-like")
