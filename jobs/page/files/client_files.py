"""The client's files as they are published: each by a name that says what is in it, and the page that names them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path

from jobs.deployment.settings import ROOT

CLIENT = ROOT / "page"
PUBLISHED = (".js", ".css", ".json", ".svg")
_LIBRARY_SNIPPET = "export { vegaEmbed };"


@dataclass(frozen=True)
class ClientFiles:
    """`index` is index.html; the others are made only where they are not there yet, since the library takes seconds to make."""

    index: bytes
    sources: Mapping[str, bytes]
    library: str
    """The name of the chart library's file."""

    @property
    def names(self) -> list[str]:
        return [*self.sources, self.library]

    def content(self, name: str) -> bytes:
        """The bytes of one of the files."""
        return self.sources[name] if name in self.sources else _chart_library()


def client_files(folder: Path = CLIENT) -> ClientFiles:
    """The client as it lies in `page/`, its modules and charts.json included."""
    library = f"vega.{version('vl-convert-python')}.js"
    read = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in PUBLISHED}
    named, sources = {"vega.js": library}, {}
    # A file's name depends on its content, and so on the names of those that it names.
    for name in TopologicalSorter({name: _named_in(content, read) for name, content in read.items()}).static_order():
        content = _naming(read[name], named)
        stem, suffix = name.rsplit(".", 1)
        named[name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
        sources[named[name]] = content
    return ClientFiles(_naming((folder / "index.html").read_bytes(), named), sources, library)


def _named_in(content: bytes, names: Iterable[str]) -> set[str]:
    return {name for name in names if f'"./{name}"'.encode() in content}


def _naming(content: bytes, named: Mapping[str, str]) -> bytes:
    """The content with the published names of the files that it names in quotes, as `"./views.js"`."""
    for name, published in named.items():
        content = content.replace(f'"./{name}"'.encode(), f'"./{published}"'.encode())
    return content


@cache
def _chart_library() -> bytes:
    """Vega, Vega-Lite and Vega-Embed in one module, from the package that has them offline."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle(_LIBRARY_SNIPPET)
    return bundle.encode()
