"""Pictures of a message: uploaded unshared, shown by the message's image blocks, and deleted once newer ones took their place.

Files carry no metadata, so the ledger holds their ids: `strays` are all that were uploaded and not deleted, `shown` those of them that the
message shows or may show, `latest` those of the last upload.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from slack_sdk.models.blocks import ImageBlock

from jobs.digest.messages.outgoing_message import Picture
from jobs.digest.slack.sent_ledger import Claim
from jobs.digest.slack.slack_calls import SlackCalls, SlackRefusal, UnknownOutcome

_GONE = ("file_not_found", "file_deleted")


def picture_blocks(pictures: tuple[Picture, ...], slack: SlackCalls, claim: Claim) -> list[dict[str, Any]]:
    """Uploads the pictures and gives the blocks that show them; ids are noted before anything can go wrong with them.

    Raises SlackRefusal after deleting what was uploaded, or UnknownOutcome.
    """
    if not pictures:
        return []
    claim.note(notes={"latest": []})
    try:
        file_ids = [slack.patiently(partial(upload, picture, slack, partial(_note_stray, claim))) for picture in pictures]
    except SlackRefusal:
        discard_pictures(slack, claim)
        raise
    claim.note(notes={"latest": file_ids, "shown": [*_ids(claim, "shown"), *file_ids]})
    return [image_block(picture, file_id) for picture, file_id in zip(pictures, file_ids, strict=True)]


def _note_stray(claim: Claim, file_id: str) -> None:
    claim.note(notes={"strays": [*_ids(claim, "strays"), file_id]})


def image_block(picture: Picture, file_id: str) -> dict[str, Any]:
    """The block that shows an uploaded picture."""
    title = {"type": "plain_text", "text": picture.title[: ImageBlock.title_max_length], "emoji": False}
    alt_text = picture.alt_text[: ImageBlock.alt_text_max_length]
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": alt_text, "title": title}


def upload(picture: Picture, slack: SlackCalls, note: Callable[[str], object]) -> str:
    """Uploads a picture without sharing it and gives its id, which is noted as soon as there is one."""
    ticket = slack.once("files.getUploadURLExternal", filename=picture.name, length=len(picture.content), alt_txt=picture.alt_text[:1_000])
    file_id = str(ticket["file_id"])
    note(file_id)
    slack.send_bytes(ticket["upload_url"], picture.content)
    slack.once("files.completeUploadExternal", files=json.dumps([{"id": file_id, "title": picture.title[:200]}]))
    return file_id


def remove_superseded(slack: SlackCalls, claim: Claim) -> None:
    """After the message shows the last upload: deletes all other files that were ever uploaded for it."""
    claim.note(notes={"shown": _ids(claim, "latest")})
    _delete_strays(slack, claim)


def discard_pictures(slack: SlackCalls, claim: Claim) -> None:
    """After Slack refused to show the last upload: deletes it, so that refusals don't fill the workspace's storage."""
    latest = _ids(claim, "latest")
    claim.note(notes={"shown": [file_id for file_id in _ids(claim, "shown") if file_id not in latest], "latest": []})
    _delete_strays(slack, claim)


def _delete_strays(slack: SlackCalls, claim: Claim) -> None:
    """What cannot be deleted now is tried next time."""
    shown, left = _ids(claim, "shown"), []
    for file_id in dict.fromkeys(_ids(claim, "strays")):
        if file_id in shown:
            left.append(file_id)
            continue
        try:
            slack.again("files.delete", file=file_id)
        except SlackRefusal as refusal:
            if refusal.error not in _GONE:
                left.append(file_id)
        except UnknownOutcome:
            left.append(file_id)
    claim.note(notes={"strays": left})


def _ids(claim: Claim, name: str) -> list[str]:
    return [str(file_id) for file_id in claim.entry.notes.get(name, [])]
