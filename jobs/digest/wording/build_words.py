"""With which build of a release a regression began, in words, and where to look further. Builds come from clients."""

import re

from jobs.declarations.product import BuildRange, Builds, build_text
from jobs.digest.facts.digest_facts import BuildLook, DigestFacts, ReleaseLook
from jobs.products.chosen import PRODUCT
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import count_words

_BUILD_ID = re.compile(r"[0-9]{14}")


def build_words(facts: DigestFacts, release: ReleaseLook) -> list[str]:
    """`It began with build 20261122093012; 20261121213011 was still good.` and how to search on; nothing where no build is suspected."""
    builds = _builds_of(facts, release)
    suspects = [build.build_id for build in builds if build.is_suspect]
    if not suspects:
        return []
    first, last = as_label(suspects[0]), as_label(suspects[-1])
    began = f"build {first}" if len(suspects) == 1 else f"one of the {count_words(len(suspects))} suspected builds from {first} to {last}"
    between = _range(builds)
    good = f"; {between.good} was still good" if between is not None else ""
    command = _templates(facts).bisect_command
    search = [f"To search on: {build_text(command, between)}"] if command and between is not None else []
    return [f"It began with {began}{good}.", *search]


def build_links(facts: DigestFacts, release: ReleaseLook) -> dict[str, str]:
    """What changed between the last good build and the last suspect, where the product says where that is shown."""
    between, url = _range(_builds_of(facts, release)), _templates(facts).changes_url
    return {f"What changed in {as_label(release.version)}": build_text(url, between)} if url and between is not None else {}


def _builds_of(facts: DigestFacts, release: ReleaseLook) -> list[BuildLook]:
    """Oldest first."""
    verdict = release.verdict
    found = [build for build in facts.builds if (build.release_version, build.as_of) == (verdict.release_version, verdict.as_of)]
    return sorted(found, key=lambda build: build.build_id)


def _range(builds: list[BuildLook]) -> BuildRange | None:
    """From the build before the first suspect to the last suspect; None unless both are times of building."""
    suspects = [place for place, build in enumerate(builds) if build.is_suspect]
    if not suspects or suspects[0] == 0:
        return None
    good, bad = builds[suspects[0] - 1].build_id, builds[suspects[-1]].build_id
    return BuildRange(good, bad) if _BUILD_ID.fullmatch(good) and _BUILD_ID.fullmatch(bad) else None


def _templates(facts: DigestFacts) -> Builds:
    channel = PRODUCT.channel(facts.channel)
    return (channel and channel.builds) or Builds()
