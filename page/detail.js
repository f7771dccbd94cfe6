// View 3: one measure on one platform, by hours since release or by the clock, with the arithmetic and the figures themselves.

import { draw } from "./charts.js";
import { address, at, element, link, shown, table } from "./elements.js";
import { lasting, partPath } from "./files.js";
import { notThere, stateBadge } from "./overview.js";

// A rate of fewer usage hours says nothing, and would flatten all others: it is in the table, not in the chart.
const LEAST_DRAWN_HOURS = 5;

const PEOPLE = [["active_clients", "users#"], ["crashed_clients", "with a crash#"], ["crash_free_users", "crash-free#"], ["usual_crash_free_users", "usual#"], ["adoption_by_people", "adoption by people#"]];

export async function measure(state, card, [version, platform, name], options) {
  const channel = await state.beside(card.file);
  const release = channel.releases.find((other) => other.version === version);
  if (!release) return { title: "Not there", parts: [notThere(`${version} is none of the last releases of ${channel.channel_label}`, channel)] };
  const declared = state.measures.find((other) => other.key === name);
  if (!declared) return { title: "Not there", parts: [notThere(`${name} is no measure`, channel)] };
  const { cells } = await lasting(`${release.folder}/release.json`);
  const cell = cells.find((other) => other.scope === "platform" && other.platform === platform && other.measure === name);
  const align = options.get("align") === "clock" || !declared.is_scored ? "clock" : "release";
  const where = cell?.platform_label ?? channel.clock_platforms.find((other) => other.key === platform)?.label ?? platform;
  const here = { state, card, channel, release, cells, cell, declared, platform, where, align, grain: options.get("grain") === "5m" ? "5m" : "1h" };
  const body = align === "clock" ? await byClock(here) : await byRelease(here);
  return {
    title: `${release.version_label} ${declared.label}`,
    parts: [
      element("h1", { tabindex: "-1" }, `${declared.label} on ${where}: ${channel.channel_label} ${release.version_label}`),
      cell ? element("p", {}, stateBadge(state, cell), ` ${cell.words.ratio} the expected (90 % interval ${cell.words.interval}, acceptable up to ${cell.words.acceptable}); ${cell.words.counts}`) : null,
      element("p", { class: "quiet" }, declared.description),
      controls(here), ...body.parts,
    ],
    shownThen: body.shownThen,
  };
}

function controls(here) {
  const { channel, release, declared, platform, align, grain } = here;
  const base = address(channel.channel, release.version, platform, declared.key);
  const current = (isIt) => (isIt ? { "aria-current": "true" } : {});
  const tab = (href, isIt, words) => element("a", { href, ...current(isIt) }, words);
  const go = (part) => (event) => {
    const parts = { version: release.version, platform, measure: declared.key, [part]: event.target.value };
    location.hash = `${address(channel.channel, parts.version, parts.platform, parts.measure)}?align=${align}&grain=${grain}`;
  };
  const choice = (label, part, options, value) => element("label", {}, label, element("select", { onchange: go(part) },
    options.map((option) => element("option", { value: option.key, selected: option.key === value }, option.label))));
  return element("div", { class: "controls" },
    element("div", { class: "tabs", role: "group", "aria-label": "Time axis" },
      declared.is_scored ? tab(`${base}?align=release&grain=1h`, align === "release", "since release") : null,
      tab(`${base}?align=clock&grain=1h`, align === "clock" && grain === "1h", "48 hours"),
      tab(`${base}?align=clock&grain=5m`, align === "clock" && grain === "5m", "48 hours in 5 minutes")),
    choice("version", "version", channel.releases.map((other) => ({ key: other.version, label: other.version_label })), release.version),
    choice("platform", "platform", channel.clock_platforms.length ? channel.clock_platforms : [{ key: platform, label: here.where }], platform),
    choice("measure", "measure", here.state.measures.map((other) => ({ key: other.key, label: other.label })), declared.key));
}

async function byRelease(here) {
  const { channel, release, cell, cells, declared, platform } = here;
  const path = partPath(release.folder, platform, declared.key);
  if (!cell) return { parts: [element("p", { class: "problem" }, `No look at ${declared.label} on ${here.where} in ${release.version_label}.`)] };
  const series = await lasting(path);
  const document = await lasting(`${release.folder}/release.json`);
  const earlier = await Promise.all(document.baseline_versions
    .map((key) => channel.releases.find((other) => other.version === key)).filter((other) => other && has(other.measures_by_platform, here))
    .map((other) => lasting(partPath(other.folder, platform, declared.key))));
  const rows = withGaps(rowsOf(series.looks));
  const last = series.looks.age_hours.at(-1);
  const marks = series.marks.map((mark) => ({ age_hours: last - (Date.parse(series.looks.as_of.at(-1)) - Date.parse(mark.at)) / 3.6e6, ...mark }));
  const datasets = { rate: capped(rows, last), ratio: rows, counts: rows, hours: rows, adoption: rows, people: series.looks.crash_free_users.length ? rows : null, earlier: band(earlier, last), marks };
  const place = element("div", { class: "chart", role: "img", "aria-label": summary(here, series) });
  const strata = cells.filter((other) => other.scope === "stratum" && other.measure === declared.key && (platform === "all" || other.view_platform === platform));
  const looks = series.looks, people = looks.adoption_by_people.length > 0;
  return {
    shownThen: () => draw(place, "release", datasets),
    parts: [
      series.marks.length ? element("p", { class: "quiet" }, "Dotted lines: what happened, told below the charts.") : null,
      place,
      element("p", { class: "quiet" }, `Earlier releases: ${earlier.map((other) => other.version_label).join(", ") || "none here"}. Nothing is smoothed.${people ? " Users are counted on the whole platform in the last 24 hours, each once, to three digits." : ""} The rate's scale leaves out the first hours, in which crashes come before the hours of their use.`),
      series.marks.length ? [element("h2", {}, "What happened"), element("ul", {}, series.marks.map((mark) => element("li", {}, `${at(mark.at)}: ${mark.words}`)))] : null,
      element("h2", {}, "The arithmetic"), element("ol", {}, cell.arithmetic.map((line) => element("li", {}, line))),
      strata.length ? [element("h2", {}, "Groups of users"), table("Each group against the rest of the release, the worst first", ["group", "state", "ratio#", "interval#", "events received#"],
        strata.map((other) => [other.stratum_label, stateBadge(here.state, other), other.words.ratio, other.words.interval, other.words.counts]), { class: "groups" })] : null,
      element("h2", {}, "The figures"),
      table("Every look, the newest first; counts and hours since release", ["look", "age, h#", "state", "received#", "usage hours#", "per 1,000 h#", "had (O)#", "expected (E)#", "ratio#", "low#", "high#", "acceptable#", "adoption#", ...(people ? PEOPLE.map(([, label]) => label) : [])],
        looks.as_of.map((time, index) => [at(time), ...["age_hours", "state", "observed_crashes", "usage_hours", "crashes_per_1k_hours", "delayed_crashes", "expected_crashes", "ratio", "ratio_low", "ratio_high", "acceptable_ratio", "adoption", ...(people ? PEOPLE.map(([column]) => column) : [])]
          .map((column) => shown(looks[column][index] ?? null))]).reverse(), { tall: true }),
      sources(path, `SELECT * FROM release_health WHERE channel = ${quoted(card(here))} AND release_version = ${quoted(release.version_label)} AND scope = 'platform' AND platform = ${quoted(platform)} AND measure = ${quoted(declared.key)} ORDER BY as_of`, looks.as_of[0], looks.as_of.at(-1)),
    ],
  };
}

// Whether a release, or the last 48 hours, has a file of the measure on the platform.
const has = (measuresByPlatform, { platform, declared }) => measuresByPlatform[platform]?.includes(declared.key) ?? false;

const card = (here) => here.channel.channel_label;

async function byClock(here) {
  const { channel, declared, platform, grain } = here;
  const path = partPath(channel.clock_folder, platform, declared.key);
  if (!has(channel.clock_measures_by_platform, here)) return { parts: [element("p", { class: "problem" }, `No ping carried ${declared.label} on ${here.where} in the last 48 hours.`)] };
  const series = await lasting(path);
  const { step_seconds: step, steps, versions: inUse } = series.grains.find((other) => (other.step_seconds === 300) === (grain === "5m"));
  const versions = [...inUse].sort((one, other) => (other.version === here.release.version) - (one.version === here.release.version));
  const start = Date.parse(series.start);
  const datasets = {
    versions: versions.flatMap((line) => line.events.map((events, index) => ({ at: start + index * step * 1000, version: line.version_label, events, usage_hours: line.usage_hours[index], events_per_1k_hours: line.usage_hours[index] >= LEAST_DRAWN_HOURS ? line.events_per_1k_hours[index] : null }))),
    marks: [],
  };
  const looks = has(here.release.measures_by_platform, here) ? await lasting(partPath(here.release.folder, platform, declared.key)) : null;
  datasets.marks = (looks?.marks ?? []).filter((mark) => Date.parse(mark.at) >= start).map((mark) => ({ ...mark, at: Date.parse(mark.at) }));
  const place = element("div", { class: "chart", role: "img", "aria-label": `${declared.label} on ${series.platform_label} from ${at(series.start)} to ${at(series.end)}, of ${versions.map((line) => line.version_label).join(", ")}; the figures are in the table below` });
  const time = (index) => new Date(start + index * step * 1000).toISOString();
  const rows = [];
  for (let index = steps - 1; index >= 0; index--) {
    for (const line of versions) if (line.events[index] !== null || line.usage_hours[index] !== null) rows.push([at(time(index)), line.version_label, shown(line.events[index]), shown(line.usage_hours[index]), shown(line.events_per_1k_hours[index])]);
  }
  return {
    shownThen: () => draw(place, "clock", datasets, [start, Date.parse(series.end)]),
    parts: [
      place,
      series.incomplete_hours.length ? element("p", {}, `Hours without complete figures, drawn as gaps: ${series.incomplete_hours.map(at).join(", ")}.`) : null,
      element("p", { class: "quiet" }, `By the time at which the server received the pings: crashes come at once, usage hours when a session ends. A rate is drawn where at least ${LEAST_DRAWN_HOURS} usage hours came. ${grain === "5m" ? "Steps of 5 minutes" : "Steps of an hour"}, nothing is smoothed.`),
      element("h2", {}, "The figures"),
      table("Each step with pings, the newest first", ["from", "version", "events#", "usage hours#", "per 1,000 h#"], rows, { tall: true }),
      sources(path, `SELECT window_start, release_version, sum(${declared.key}), sum(usage_hours) FROM error_aggregates WHERE channel = ${quoted(card(here))}${platform === "all" ? "" : ` AND os_name = ${quoted(platform)}`} GROUP BY ALL ORDER BY ALL`, series.start, series.end),
    ],
  };
}

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

function rowsOf(looks) {
  const { as_of: _, state: __, ...columns } = looks;
  return looks.age_hours.map((_, index) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[index] ?? null])));
}

// A row without figures wherever looks are missing, so that no line runs over the gap.
function withGaps(rows) {
  return rows.flatMap((row, index) => (index && row.age_hours - rows[index - 1].age_hours > 1.5 ? [{ age_hours: rows[index - 1].age_hours + 1 }, row] : [row]));
}

const capped = (rows, last) => rows.filter((row) => row.age_hours >= Math.min(12, 0.2 * last));

function band(earlier, last) {
  const rates = new Map();
  for (const { looks } of earlier) looks.age_hours.forEach((age, index) => {
    const rate = looks.crashes_per_1k_hours[index];
    if (rate !== null && age <= last && age >= Math.min(12, 0.2 * last)) rates.set(Math.round(age), [...(rates.get(Math.round(age)) ?? []), rate]);
  });
  return [...rates].sort(([one], [other]) => one - other).map(([age_hours, found]) => ({ age_hours, lowest: Math.min(...found), highest: Math.max(...found) }));
}

function summary({ cell, declared, where, release }, series) {
  return `${declared.label} on ${where} of ${release.version_label} at ${series.looks.as_of.length} looks: ${cell.words.ratio} the expected (${cell.words.interval}), acceptable up to ${cell.words.acceptable}; ${cell.words.counts}${cell.crash_free_users === null ? "" : `; crash-free users in the last 24 h ${cell.words.crash_free_users}`}. The figures are in the table below.`;
}

function sources(path, sql, first, last) {
  const end = new Date(Date.parse(last) + 3.6e6).toISOString().slice(0, 13);
  const command = `.venv/bin/python -m jobs.query_tables "${sql}" --start ${first.slice(0, 13)}:00Z --end ${end}:00Z`;
  return [element("h2", {}, "Where it comes from"), element("p", {}, "The same as ", link(path, "JSON"), ". The query that gives it:"), element("pre", { tabindex: "0" }, command)];
}
