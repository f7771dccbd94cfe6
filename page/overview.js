// Views 1 and 2: every channel in one glance, and the releases of one.

import { advice, builds, experiments, laterWeeks } from "./decisions.js";
import { address, at, element, facts, link, spark, table } from "./elements.js";
import { lasting } from "./files.js";

export function stateBadge(state, cell) {
  const named = state.states.find((other) => other.key === cell.state) ?? { mark: "?", label: cell.state };
  return element("span", { class: `state ${named.key}` }, `${named.mark} ${named.label}`);
}

const where = (cell) => [cell.measure_label, cell.stratum_label || cell.platform_label, cell.scope === "trailing" ? "last 24 h" : ""].filter(Boolean).join(", ");
const detail = (channel, version, cell) => address(channel, version, cell.view_platform, cell.measure);

export async function channels(state) {
  const cards = state.channels.map((card) => {
    const { verdict, deciding } = card;
    return element("li", { class: `card ${verdict.state}` },
      element("h2", {}, link(address(card.channel), `${card.channel_label} ${card.version_label}`)),
      element("p", {}, stateBadge(state, verdict), ` since ${verdict.words.since}`),
      facts([
        ["score", verdict.words.score.replace("–", "")],
        ["ratio", deciding.ratio === null ? "" : `${deciding.words.ratio} (${deciding.words.interval}, acceptable up to ${deciding.words.acceptable})`],
        ["in", deciding.measure ? where(deciding) : ""],
        ["crashes", deciding.words.counts],
        ["after release", verdict.words.age],
        ["adoption", verdict.words.adoption],
        ["by people", verdict.words.adoption_by_people.replace("–", "")],
        ["crash-free users", verdict.words.crash_free_users.replace(/^–$/, "")],
      ]),
      sparkline(card.recent, deciding));
  });
  const none = element("p", {}, "No release has been scored yet.");
  return { title: "Channels", parts: [element("h1", { tabindex: "-1" }, "Channels, the worst first"), cards.length ? element("ul", { class: "cards" }, cards) : none] };
}

function sparkline(recent, cell) {
  const drawn = spark(recent.age_hours, recent.ratio, `Ratio of ${where(cell)} at each look, now ${cell.words.ratio}; dashes: as expected`);
  return drawn && [drawn, element("p", { class: "quiet spark-words", "aria-hidden": "true" }, "Line: ratio at each look; dashes: as expected")];
}

export async function releases(state, card, version) {
  const channel = await state.beside(card.file);
  const release = channel.releases.find((other) => other.version === (version ?? channel.current));
  if (!release) return { title: "Not there", parts: [notThere(`${version} is none of the last releases of ${channel.channel_label}`, channel)] };
  const document = await lasting(`${release.folder}/release.json`);
  return {
    title: `${channel.channel_label} ${release.version_label}`,
    parts: [
      element("h1", { tabindex: "-1" }, release.headline),
      element("p", { class: "sentence" }, release.sentence),
      element("p", { class: "action" }, release.action),
      advice(release),
      release.verdict.notes.length ? element("ul", {}, release.verdict.notes.map((note) => element("li", {}, note))) : null,
      release.deciding.measure !== "all" ? element("p", {}, link(detail(channel.channel, release.version, release.deciding), `See ${where(release.deciding)}, hour by hour`), " · ",
        link(`${detail(channel.channel, release.version, release.deciding)}?align=clock&grain=5m`, "in 5-minute steps")) : null,
      element("h2", {}, "Every measure on every platform"),
      matrix(state, channel, release, document.cells), legend(state, document.cells),
      ...parts(state, channel, release, document.cells),
      ...builds(release), ...experiments(channel), ...laterWeeks(channel),
      element("h2", {}, "Releases"),
      releaseTable(state, channel),
      element("p", { class: "quiet" }, "Score: the chance in a hundred that a release crashes no more than is acceptable; a dash: it says nothing beside the state. Score and adoption are of the whole release, the other figures of what it is told from."),
      element("h2", {}, "Scores of the last year"),
      element("ol", { class: "strip" }, channel.scores.map((past) => element("li", { class: past.state },
        `${mark(state, past.state)} ${past.version_label}: ${past.score_words === "–" ? past.state.replaceAll("_", " ") : past.score_words}`))),
      element("p", {}, "JSON: ", link(`${state.folder}/${card.file}`, "channel"), ", ", link(`${release.folder}/release.json`, "release")),
    ],
  };
}

const mark = (state, key) => state.states.find((other) => other.key === key)?.mark ?? "?";

// What the marks mean, of the states that are there.
function legend(state, cells) {
  const there = new Set(cells.filter((cell) => cell.scope === "platform").map((cell) => cell.state));
  return element("p", { class: "quiet" }, state.states.filter((named) => there.has(named.key)).map((named) => [element("span", { class: `state ${named.key}` }, `${named.mark} ${named.label}`), " "]));
}

function matrix(state, channel, release, cells) {
  const own = cells.filter((cell) => cell.scope === "platform");
  if (!own.length) return element("p", {}, "This look has no cells.");
  const measures = [...new Map(own.map((cell) => [cell.measure, cell.measure_label]))];
  const platforms = [...new Map([...own].sort((one, other) => (other.usage_hours ?? 0) - (one.usage_hours ?? 0)).map((cell) => [cell.platform, cell.platform_label]))];
  const rows = measures.map(([measure, label]) => [label, ...platforms.map(([platform]) => {
    const cell = own.find((other) => other.measure === measure && other.platform === platform);
    if (!cell) return "–";
    return element("a", { class: cell.state, href: detail(channel.channel, release.version, cell) },
      `${mark(state, cell.state)} ${cell.words.ratio}`, element("small", {}, cell.ratio === null ? cell.words.state : cell.words.interval), element("small", {}, cell.words.counts));
  })]);
  return table("Times the expected, 90 % interval, events received in usage hours; the worst measure first. What a release has had is counted as late as hours are, and so is fewer.", ["measure", ...platforms.map(([, label]) => label)], rows, { class: "matrix" });
}

function parts(state, channel, release, cells) {
  const worst = cells.filter((cell) => cell.scope !== "platform" && ["regressed", "watch"].includes(cell.state)).slice(0, 12);
  if (!worst.length) return [];
  return [element("h2", {}, "Where else it alarms"), table("The last 24 hours, and groups of users against the rest of the release; the worst first",
    ["where", "state", "ratio#", "interval#", "events received#"],
    worst.map((cell) => [link(detail(channel.channel, release.version, cell), where(cell)), stateBadge(state, cell), cell.words.ratio, cell.words.interval, cell.words.counts]), { class: "groups" })];
}

function releaseTable(state, channel) {
  const hasPeople = channel.releases.some((release) => release.verdict.adoption_by_people !== null);
  return table(`The last ${channel.releases.length} releases of ${channel.channel_label}, newest first`,
    ["version", "state", "score#", "ratio#", "interval#", "told from", "events received#", "age#", "adoption#", ...(hasPeople ? ["by people#", "crash-free users#"] : []), "looked at"],
    channel.releases.map((release) => [
      link(address(channel.channel, release.version), release.version_label), stateBadge(state, release.verdict), release.verdict.words.score,
      release.deciding.words.ratio, release.deciding.words.interval, release.deciding.measure === "all" ? "–" : where(release.deciding), release.deciding.words.counts,
      release.verdict.words.age, release.verdict.words.adoption, ...(hasPeople ? [release.verdict.words.adoption_by_people, release.verdict.words.crash_free_users] : []), at(release.verdict.as_of),
    ]));
}

export function notThere(words, channel) {
  return element("div", { class: "problem" }, element("h1", { tabindex: "-1" }, "Not there"), element("p", {}, words),
    channel ? element("p", {}, "There are: ", channel.releases.map((release) => [link(address(channel.channel, release.version), release.version_label), " "])) : null,
    element("p", {}, link("#/", "All channels")));
}
