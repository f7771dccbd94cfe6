"""files.getUploadURLExternal, .completeUploadExternal, .info and .delete."""

import secrets
import string
from dataclasses import replace

from local.slack_stand_in.message_store import File
from local.slack_stand_in.method_calls import Answer, Arguments, SlackError, Workspace, is_visible, json_argument


def get_upload_url(workspace: Workspace, arguments: Arguments) -> Answer:
    try:
        length = int(arguments.get("length", 0))
    except ValueError as error:
        raise SlackError("invalid_arguments") from error
    if not arguments.get("filename") or length < 1:
        raise SlackError("invalid_arguments")
    alt_text = str(arguments.get("alt_txt") or "")
    if len(alt_text) > 1_000:
        raise SlackError("alt_txt_too_large")
    letters = string.ascii_uppercase + string.digits
    file = File("F" + "".join(secrets.choice(letters) for _ in range(10)), str(arguments["filename"]), "", alt_text, length)
    workspace.store.put_file(file)
    return {"ok": True, "upload_url": f"{workspace.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(workspace: Workspace, arguments: Arguments) -> Answer:
    wanted = json_argument(arguments, "files")
    if not isinstance(wanted, list) or not wanted:
        raise SlackError("invalid_arguments")
    done = []
    for item in wanted:
        file = workspace.store.file_of(str(item.get("id")))
        if file is None or file.uploaded_at is None or file.is_deleted:
            raise SlackError("file_not_found")
        done.append(replace(file, title=str(item.get("title") or file.name), is_complete=True))
    for file in done:
        workspace.store.put_file(file)
    return {"ok": True, "files": [{"id": file.id, "title": file.title} for file in done]}


def file_info(workspace: Workspace, arguments: Arguments) -> Answer:
    file = workspace.store.file_of(str(arguments.get("file", "")))
    if file is None or file.is_deleted or not file.is_complete:
        raise SlackError("file_not_found")
    mimetype = "image/png" if is_visible(workspace, file.id) else ""
    return {"ok": True, "file": {"id": file.id, "name": file.name, "title": file.title, "size": file.bytes, "mimetype": mimetype}}


def delete_file(workspace: Workspace, arguments: Arguments) -> Answer:
    file = workspace.store.file_of(str(arguments.get("file", "")))
    if file is None:
        raise SlackError("file_not_found")
    if file.is_deleted:
        raise SlackError("file_deleted")
    workspace.store.put_file(replace(file, is_deleted=True))
    return {"ok": True}
