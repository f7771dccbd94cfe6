// View 5: what the verdicts of each channel were worth.

import { element, facts, link, shown, table } from "./elements.js";

export async function record(state) {
  const { since, until, channels } = await state.beside(state.record);
  return {
    title: "Track record",
    parts: [
      element("h1", { tabindex: "-1" }, "What the verdicts were worth"),
      element("p", { class: "quiet" }, `Releases that came out from ${since.slice(0, 10)} to ${until.slice(0, 10)}. Every share has a 90 % interval; alarms that nobody answered count neither way, and nobody knows of regressions that nobody noticed.`),
      ...channels.map((channel) => section(state, channel)),
      channels.length ? null : element("p", {}, "No release has been looked at yet."),
      element("p", {}, link(`${state.folder}/${state.record}`, "JSON")),
    ],
  };
}

function section(state, channel) {
  return element("section", {},
    element("h2", {}, link(`#/${encodeURIComponent(channel.channel)}`, channel.channel_label)),
    element("p", { class: "sentence" }, channel.sentence),
    facts([
      ["answered alarms that were right", told(channel.precision, "none was answered yet")],
      ["confirmed regressions that alarmed", told(channel.recall, "none was confirmed yet")],
      ["never answered", `${channel.unanswered} of ${channel.alarms} alarms`],
      ["from the first look to the alarm", hours(channel.hours_to_alarm)],
      ["from the first “go” to “healthy”", hours(channel.go_hours_saved)],
      ["alarmed after a “go”", `${channel.gone_and_regressed} of ${channel.releases} releases`],
    ]),
    channel.became.length ? became(state, channel) : null,
    channel.acceptable_by_score.length ? table("How many turned out acceptable (neither regressed at the last look nor confirmed), by their score after a day", ["score after a day", "turned out acceptable"],
      channel.acceptable_by_score.map((bin) => [`above ${bin.score_low} up to ${bin.score_high}`, bin.acceptable.words])) : null);
}

const told = (share, none) => (share.of === 0 ? none : share.words);

const hours = (value) => (value === null ? "no such release" : `${shown(value)} h (median)`);

function became(state, channel) {
  const label = (key) => { const named = state.states.find((other) => other.key === key); return named ? `${named.mark} ${named.label}` : key; };
  const inOrder = (keys) => state.states.map((other) => other.key).filter((key) => keys.has(key));
  const firsts = inOrder(new Set(channel.became.map((count) => count.after_a_day)));
  const lasts = inOrder(new Set(channel.became.map((count) => count.at_last)));
  const count = (first, last) => channel.became.find((other) => other.after_a_day === first && other.at_last === last)?.releases ?? 0;
  return table("Releases: each row what was said of them after a day, each column what the last look said", ["after a day", ...lasts.map((key) => `${label(key)}#`)],
    firsts.map((first) => [label(first), ...lasts.map((last) => shown(count(first, last)))]));
}
