"""What Slack alone interprets in a text; all else about text from clients is in `jobs/wording/client_text.py`."""


def escape(text: str) -> str:
    """For the places that Slack interprets (a message's `text`): `<!channel>` stays what was written."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
