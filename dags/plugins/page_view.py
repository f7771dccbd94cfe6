"""Airflow's own navigation shows the page, framed, where the settings say that people open it (`pages_url`)."""

from airflow.plugins_manager import AirflowPlugin

from jobs.deployment.settings import from_environment


def external_views(page_address: str | None) -> list[dict[str, str]]:
    """The page as a view of Airflow's; none where no address is set."""
    if page_address is None:
        return []
    return [
        {
            "name": "Release health",
            "href": page_address,
            "url_route": "release_health",
            "destination": "nav",
        }
    ]


class ReleaseHealthPage(AirflowPlugin):
    """Found by its entry point where this package is installed, and in AIRFLOW__CORE__PLUGINS_FOLDER in the local stack."""

    name = "release_health_page"
    external_views = external_views(from_environment().page_address)
