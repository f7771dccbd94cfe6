// What is decided beside a verdict: the advice with its arithmetic, builds, experiments, releases after their first week.

import { at, chance, element, interval, table } from "./elements.js";

export function advice({ advice }) {
  if (!advice || !(advice.arithmetic.length + advice.costs.length)) return null;
  const list = (lines) => element("ul", {}, lines.map((line) => element("li", {}, line)));
  return element("details", { class: "arithmetic" }, element("summary", {}, "What the advice and its costs rest on"), list(advice.arithmetic), list(advice.costs));
}

export function builds({ builds, builds_said, build_search }) {
  if (!builds.length) return [];
  const [{ place_label }] = builds;
  return [element("h2", {}, "With which build it began"),
    element("p", {}, builds_said),
    table(`Builds by their time, the oldest first: ${place_label}`, ["build", "times the expected#", "had#", "expected#", "usage hours#", "first bad one#", "chance", "suspected"],
      builds.map((build) => [build.build_id, build.ratio_words, amount(build.delayed_crashes), amount(build.expected_crashes), amount(build.usage_hours), build.chance_words, build.p_first_bad === null ? "–" : chance(build.p_first_bad, build.chance_words), build.is_suspect ? "yes" : "no"])),
    build_search && element("p", {}, build_search)];
}

export function experiments(channel) {
  const branches = channel.experiments;
  if (!branches.length) return [];
  return [element("h2", {}, `Experiments on ${channel.channel_label}`),
    ...channel.experiments_said.map((said) => element("p", {}, said)),
    table("Each branch against the others of its experiment, those to blame first", ["experiment", "branch", "state", "ratio#", "90 % interval#", "¼ to 4 times", "crashes#", "measure", "where", "since"],
      branches.map((branch) => [branch.experiment, branch.branch, branch.state === "guilty" ? "⛔ to blame" : branch.state_label, branch.ratio_words, branch.interval_words, interval(branch), branch.counts, branch.measure_label, branch.platform_label, branch.guilty_since ? at(branch.guilty_since) : "–"]), { tall: true }),
    element("p", { class: "quiet" }, "Bars: the 90 % interval and the ratio in it; the line: as often as the others.")];
}

export function laterWeeks(channel) {
  const looks = channel.later_weeks;
  if (!looks.length) return [];
  return [element("h2", {}, `Releases of ${channel.channel_label} after their first week`),
    table("The last 24 hours of older releases against their own three weeks before, those that are worse first", ["version", "state", "ratio#", "90 % interval#", "¼ to 4 times", "crashes#", "measure", "where", "age#", "adoption#", "since"],
      looks.map((look) => [look.version_label, look.state === "worse" ? "⚠ worse" : look.state_label, look.ratio_words, look.interval_words, interval(look, look.acceptable_ratio), look.counts, look.measure_label, look.platform_label || "all platforms", look.age_words, look.adoption_words, look.worse_since ? at(look.worse_since) : "–"]), { tall: true }),
    element("p", { class: "quiet" }, "Bars: the 90 % interval and the ratio in it; the line: as often as before; dashes: the most that is acceptable.")];
}

const amount = (value) => (value === null ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: 1 }));
