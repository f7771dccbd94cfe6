"""Run in a container by test_containers.sh: the rows of each table, and the messages in the channel."""

from slack_sdk import WebClient

from jobs.deployment.settings import from_environment
from jobs.tables.lake.lake_catalog import open_catalog

settings = from_environment()
catalog = open_catalog()
for namespace in sorted(catalog.list_namespaces()):
    for name in sorted(catalog.list_tables(namespace)):
        print(".".join(name), catalog.load_table(name).scan().count())  # noqa: T201
slack = WebClient(token=settings.slack_bot_token, base_url=settings.slack_api_url or WebClient.BASE_URL)
for channel in slack.conversations_list()["channels"]:
    for message in slack.conversations_history(channel=channel["id"], limit=200)["messages"]:
        replies = slack.conversations_replies(channel=channel["id"], ts=message["ts"], limit=200)["messages"]
        print(channel["name"], message["ts"], len(replies))  # noqa: T201
