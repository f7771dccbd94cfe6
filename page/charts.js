// Drawing the charts that charts.json declares, in the colours of the light or dark sheet. No script is made at run time: the policy forbids it.

import { element } from "./elements.js";

// A phone's width: what is said below a title is broken into lines.
const NARROW = 400;

let library = null;

// Called early, so that the library is there when the first chart is asked for.
export function prepare() {
  library ??= Promise.all([import("./vega.js"), fetch("./charts.json").then((answer) => answer.json())]).catch((error) => {
    library = null;
    throw error;
  });
  return library;
}

const drawn = new Set();

export function forget() {
  for (const view of drawn) view.finalize();
  drawn.clear();
}

// Without the library the view is whole but for its picture, and says so.
export async function draw(place, name, datasets, domain) {
  try {
    await drawIn(place, name, datasets, domain);
  } catch (error) {
    place.replaceChildren(element("p", { class: "problem" }, `The charts could not be drawn (${error.message}). The tables below have their figures; load the page again to have them drawn.`));
  }
}

async function drawIn(place, name, datasets, domain) {
  const [{ vegaEmbed }, specs] = await prepare();
  const spec = structuredClone(specs[name]);
  // A data set that is null leaves its chart out: there is nothing to be drawn.
  spec.vconcat = spec.vconcat.filter((part) => part.layer.every((layer) => datasets[layer.data.name] !== null));
  const width = Math.max(220, place.clientWidth - 90);
  for (const part of spec.vconcat) {
    part.width = width;
    if (width < NARROW) part.title.subtitle = part.title.subtitle.split("; ");
    for (const layer of part.layer) if (layer.encoding.x && domain) layer.encoding.x.scale = { ...layer.encoding.x.scale, domain: domain.map(dateTime) };
  }
  const result = await vegaEmbed(place, { ...spec, description: place.getAttribute("aria-label"), background: "transparent", datasets: drawable(datasets), config: theme(width) }, {
    mode: "vega-lite", renderer: "canvas", actions: false, ast: true, logLevel: 1, defaultStyle: false, tooltip: { disableDefaultStyle: true },
  });
  drawn.add(result);
}

const drawable = (datasets) => Object.fromEntries(Object.entries(datasets).filter(([, rows]) => rows !== null));

// A time by its parts: a number would be read as a year where expressions are interpreted.
function dateTime(milliseconds) {
  const time = new Date(milliseconds);
  return { year: time.getUTCFullYear(), month: time.getUTCMonth() + 1, date: time.getUTCDate(), hours: time.getUTCHours(), minutes: time.getUTCMinutes(), utc: true };
}

function theme(width) {
  const sheet = getComputedStyle(document.documentElement);
  const colour = (name) => sheet.getPropertyValue(`--${name}`).trim();
  const line = (name, more = {}) => ({ color: colour(name), strokeWidth: 2.2, ...more });
  const area = (name) => ({ color: colour(name), opacity: 1 });
  const text = { labelColor: colour("ink"), titleColor: colour("ink"), labelFontSize: 12, titleFontSize: 12 };
  return {
    font: "system-ui, sans-serif",
    view: { stroke: colour("line") },
    axis: { ...text, gridColor: colour("line"), tickColor: colour("quiet"), domainColor: colour("quiet"), titleFontWeight: "normal" },
    title: { color: colour("ink"), fontSize: 13, subtitleColor: colour("quiet"), subtitleFontSize: 12, limit: width + 40 },
    legend: { ...text, symbolStrokeWidth: 2.5, symbolSize: 400, columns: width < NARROW ? 2 : 6 },
    range: { category: [1, 2, 3, 4, 5, 6].map((number) => colour(`v${number}`)) },
    style: {
      own: line("own"), own_point: { color: colour("own"), size: 14, opacity: 1 }, interval: area("interval"),
      earlier: area("earlier"), limit: line("limit", { strokeDash: [6, 4], strokeWidth: 1.6 }),
      expected: line("expected", { strokeDash: [6, 4] }), mark: line("mark", { strokeWidth: 1.2, strokeDash: [2, 3] }),
      version_point: { size: 10 },
    },
  };
}
