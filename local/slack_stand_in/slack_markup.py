"""mrkdwn as HTML: what Slack would make of a text that it interprets, mentions included."""

import re

from markupsafe import Markup, escape

_ANGLE = re.compile(r"<([^<>]*)>")
_BOLD, _ITALIC, _CODE = (re.compile(rf"(?<!\w){mark}([^{mark}\n]+){mark}(?!\w)") for mark in (r"\*", "_", "`"))


def _angle_as_html(inside: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith(("!", "@", "#")):
        name = label or target.split("^")[-1].lstrip("!@#")
        return f'<span class="mention">@{escape(name)}</span>'
    if target.startswith(("http://", "https://")):
        return f'<a href="{escape(target)}" rel="noopener">{escape(label or target)}</a>'
    return str(escape(f"<{inside}>"))


def as_html(text: str) -> Markup:
    """Interprets mentions, links, bold, italic and code; everything else is text."""
    parts: list[str] = []
    position = 0
    for match in _ANGLE.finditer(text):
        parts.extend((_plain_as_html(text[position : match.start()]), _angle_as_html(match.group(1))))
        position = match.end()
    parts.append(_plain_as_html(text[position:]))
    return Markup("".join(parts))  # noqa: S704 - every part was escaped above


def _plain_as_html(text: str) -> str:
    unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    html = str(escape(unescaped))
    for pattern, tag in ((_CODE, "code"), (_BOLD, "b"), (_ITALIC, "i")):
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    return html.replace("\n", "<br>")
