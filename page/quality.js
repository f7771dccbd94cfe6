// View 4: what became of each hour, what was rejected, which expectations failed.

import { at, element, link, shown, table } from "./elements.js";

const MARKS = { settled: "✔", provisional: "·", late: "⏱", failed: "⛔", missing: "–" };

export async function quality(state) {
  const { hours, tables, failed_checks: failed } = await state.beside(state.quality);
  const last = hours.slice(-48);
  const docs = state.links.find((other) => other.label === "Data Docs");
  return {
    title: "Quality of data",
    parts: [
      element("h1", { tabindex: "-1" }, "Quality of data"),
      element("p", {}, Object.entries(MARKS).map(([condition, mark]) => [element("span", { class: `state ${condition}` }, `${mark} ${condition}`), " "])),
      element("h2", {}, "The last two weeks, hour by hour"), calendar(hours),
      element("h2", {}, "Rows of each table in the last 48 hours"),
      table("The newest hour first", ["hour", "condition", ...tables.map((name) => `${name}#`)], [...last].reverse().map((hour) => [at(hour.hour_start), badge(hour), ...tables.map((name) => shown(hour.rows_by_table[name] ?? null))]), { tall: true }),
      element("h2", {}, "Failed expectations"),
      failed.length ? table("The newest first", ["checked", "hours", "table", "expectation", "severity", "observed", "what it means"],
        failed.map((check) => [at(check.checked_at), `${at(check.window_start)} to ${at(check.window_end)}`, check.table_name, check.expectation, check.severity, check.observed ?? "–", check.message ?? "–"]), { tall: true })
        : element("p", {}, "None in the last two weeks."),
      docs ? element("p", {}, link(docs.key, "Data Docs: every check of every run")) : null,
      element("h2", {}, "Lines and rejects"), rejects(hours),
      element("p", {}, link(`${state.folder}/${state.quality}`, "JSON")),
    ],
  };
}

const badge = (hour) => element("span", { class: `state ${hour.condition}` }, `${MARKS[hour.condition] ?? "?"} ${hour.condition}`);

function calendar(hours) {
  const days = Map.groupBy ? Map.groupBy(hours, (hour) => hour.hour_start.slice(0, 10)) : hours.reduce((found, hour) => found.set(hour.hour_start.slice(0, 10), [...(found.get(hour.hour_start.slice(0, 10)) ?? []), hour]), new Map());
  const names = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0"));
  return table("Each hour, UTC; the newest day first", ["day", ...names], [...days].reverse().map(([day, of]) => [day, ...names.map((name) => {
    const hour = of.find((other) => other.hour_start.slice(11, 13) === name);
    return hour ? element("span", { class: hour.condition, role: "img", "aria-label": hour.condition, title: `${at(hour.hour_start)}: ${hour.condition}` }, MARKS[hour.condition] ?? "?") : "";
  })]), { class: "hours" });
}

function rejects(hours) {
  const reasons = [...new Set(hours.flatMap((hour) => Object.keys(hour.rejects_by_reason)))].sort();
  return table("Each hour, the newest first", ["hour", "lines#", "accepted#", "duplicates#", "rejected#", ...reasons.map((reason) => `${reason.replaceAll("_", " ")}#`)],
    [...hours].reverse().map((hour) => [at(hour.hour_start), ...["lines", "accepted", "duplicates", "rejected"].map((name) => shown(hour[name])), ...reasons.map((reason) => shown(hour.rejects_by_reason[reason] ?? (hour.lines === null ? null : 0)))]), { tall: true });
}
