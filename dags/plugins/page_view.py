"""Airflow's own navigation shows the page, framed, where the settings say that people open it (`pages_url`)."""

from airflow.plugins_manager import AirflowPlugin

from jobs.deployment.settings import from_environment


def external_views(pages_url: str | None) -> list[dict[str, str]]:
    """The page as a view of Airflow's; none where no address is set."""
    if pages_url is None:
        return []
    return [
        {
            "name": "Release health",
            "href": pages_url if pages_url.endswith(".html") else f"{pages_url}/",
            "url_route": "release_health",
            "destination": "nav",
        }
    ]


class ReleaseHealthPage(AirflowPlugin):
    """Found by its entry point where this package is installed, and in AIRFLOW__CORE__PLUGINS_FOLDER in the local stack."""

    name = "release_health_page"
    external_views = external_views(from_environment().pages_url)
