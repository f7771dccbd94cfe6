"""A browser's page, and what the browser complained of while it was open."""

from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page


@dataclass
class Seen:
    """A page and what its browser complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str, view: str) -> Page:
        self.page.goto(f"{address}/{view}")
        return self.shown(view)

    def shown(self, view: str) -> Page:
        """The page once it shows a view to its end."""
        self.page.locator(f'main[data-shown="{view}"]').wait_for(timeout=30_000)
        return self.page


def see(browser: Browser, width: int = 1440, height: int = 900, scheme: str = "light") -> Seen:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light")
    seen = Seen(context.new_page())
    seen.page.on("console", lambda told: seen.complaints.append(told.text) if told.type in ("error", "warning") else None)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    return seen
