"""Pictures of the page for the docs, over the bundled sample: each view on a desk, and two on a phone in the dark. `make screenshots` runs it.

Writes docs/images/page_*.png. It fails if chromium is missing.
"""

import tempfile
from pathlib import Path

import click
from playwright.sync_api import Browser

from jobs.deployment.settings import ROOT
from jobs.page.server.page_server import page_server
from local.pictures.headless_browser import NoBrowser, open_browser
from local.pictures.loopback_server import loopback_server
from local.show_page import unpack_sample

_CELL = "#/beta/57.0b8/Windows_NT/main_crashes_capped"
SHOTS = (
    ("page_channels", "#/", "light", 1_280, 520),
    ("page_releases", "#/beta", "light", 1_280, 1_060),
    ("page_cell", _CELL, "light", 1_280, 1_690),
    ("page_minutes", f"{_CELL}?align=clock&grain=5m", "light", 1_280, 960),
    ("page_record", "#/record", "light", 1_280, 760),
    ("page_quality", "#/quality", "light", 1_280, 1_000),
    ("page_phone", "#/beta", "dark", 390, 844),
    ("page_phone_cell", _CELL, "dark", 390, 1_690),
)


def take(browser: Browser, address: str, folder: Path) -> list[Path]:
    """Each view, once it is drawn."""
    written = []
    for name, view, scheme, width, height in SHOTS:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light")
        page = context.new_page()
        page.goto(f"{address}/{view}")
        page.locator(f'main[data-shown="{view}"]').wait_for()
        written.append(folder / f"{name}.png")
        page.screenshot(path=written[-1])
        context.close()
    return written


@click.command(help=__doc__)
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "docs" / "images", show_default=True)
def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as sample:
            app = page_server(unpack_sample(Path(sample) / "page").place)
            with loopback_server(app) as address, open_browser() as browser:
                written = take(browser, address, folder)
    except NoBrowser as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(written)} screenshots in {folder}: {', '.join(path.name for path in written)}")


if __name__ == "__main__":
    main()
