"""Pictures of a message: uploaded unshared, shown by the message's image blocks, and deleted once newer ones took their place.

Files carry no metadata, so the ledger holds their ids: `shown` in the message, `strays` uploaded but not (or no longer) in it.
"""

import json
from functools import partial
from typing import Any

from jobs.digest.outgoing_message import Picture
from jobs.digest.sent_ledger import Claim
from jobs.digest.slack_calls import SlackCalls, SlackRefusal, UnknownOutcome

_GONE = ("file_not_found", "file_deleted")


def picture_blocks(pictures: tuple[Picture, ...], slack: SlackCalls, claim: Claim) -> list[dict[str, Any]]:
    """Uploads the pictures and gives the blocks that show them; ids are noted before anything can go wrong with them."""
    blocks, uploaded = [], []
    for picture in pictures:
        file_id = slack.patiently(partial(_upload, picture, slack, claim))
        uploaded.append(file_id)
        title = {"type": "plain_text", "text": picture.title[:2_000], "emoji": False}
        blocks.append({"type": "image", "slack_file": {"id": file_id}, "alt_text": picture.alt_text[:2_000], "title": title})
    if pictures:
        claim.note(notes={"next_files": uploaded})
    return blocks


def _upload(picture: Picture, slack: SlackCalls, claim: Claim) -> str:
    ticket = slack.once("files.getUploadURLExternal", filename=picture.name, length=len(picture.content), alt_txt=picture.alt_text[:1_000])
    file_id = str(ticket["file_id"])
    claim.note(notes={"strays": [*_ids(claim, "strays"), file_id]})
    slack.send_bytes(ticket["upload_url"], picture.content)
    slack.once("files.completeUploadExternal", files=json.dumps([{"id": file_id, "title": picture.title[:200]}]))
    return file_id


def remove_files(slack: SlackCalls, claim: Claim) -> None:
    """After the message shows the new files: deletes all others that were ever uploaded for it. What cannot be deleted now is tried next time."""
    shown = _ids(claim, "next_files")
    left = []
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
