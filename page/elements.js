// Building the page: everything is made of elements and text, nothing is ever read as markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export function link(href, ...children) {
  return element("a", { href }, ...children);
}

// A table that scrolls by itself where it is wider than the screen, by keyboard, too.
export function table(caption, heads, rows, attributes = {}) {
  const { tall, ...rest } = attributes;
  const head = element("thead", {}, element("tr", {}, heads.map((title) => element("th", { scope: "col", class: isNumber(title) ? "number" : null }, named(title)))));
  const body = element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, column) => tableCell(cell, column, heads[column])))));
  const made = element("table", rest, element("caption", {}, element("span", {}, caption)), head, body);
  return element("div", { class: tall ? "scroll tall" : "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

// A heading that ends in # stands above numbers.
const isNumber = (title) => title.endsWith("#");
const named = (title) => title.replace(/#$/, "");

function tableCell(content, column, title = "") {
  if (column === 0) return element("th", { scope: "row" }, content);
  return element("td", { class: isNumber(title) ? "number" : null }, content);
}

export function facts(pairs) {
  return element("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

export function address(...parts) {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export function shown(value) {
  return value === null || value === undefined ? "–" : typeof value === "number" ? value.toLocaleString("en-US", { maximumSignificantDigits: 6 }) : value;
}

export function at(time) {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

// A small line: the ratio by age, and one, which is as expected.
export function spark(ages, values, label) {
  const known = ages.map((age, index) => [age, values[index]]).filter(([, value]) => value !== null);
  if (known.length < 2) return null;
  const [first, last] = [known[0][0], known[known.length - 1][0]];
  const highest = Math.max(1.5, ...known.map(([, value]) => Math.min(value, 5)));
  const x = (age) => (100 * (age - first)) / (last - first || 1);
  const y = (value) => 30 - (28 * Math.min(value, highest)) / highest;
  const svg = drawing("spark", 30, label);
  svg.append(svgElement("line", { x1: 0, x2: 100, y1: y(1), y2: y(1) }));
  svg.append(svgElement("polyline", { points: known.map(([age, value]) => `${x(age).toFixed(2)},${y(value).toFixed(2)}`).join(" ") }));
  return svg;
}

// A ratio with its interval on a scale of a quarter to four times, doublings equally far apart; the line is one. What lies beyond is cut at the edge.
export function interval({ ratio, ratio_low, ratio_high, ratio_words, interval_words }, acceptable) {
  if (ratio === null) return "–";
  const x = (value) => 50 + 25 * Math.max(-2, Math.min(2, Math.log2(value || Number.MIN_VALUE)));
  const svg = drawing("interval", 16, `${ratio_words}, 90 % interval ${interval_words}`);
  svg.append(svgElement("line", { x1: 50, x2: 50, y1: 0, y2: 16 }));
  if (acceptable) svg.append(svgElement("line", { class: "acceptable", x1: x(acceptable), x2: x(acceptable), y1: 0, y2: 16 }));
  svg.append(svgElement("rect", { x: x(ratio_low), width: Math.max(x(ratio_high) - x(ratio_low), 0.5), y: 5, height: 6 }));
  svg.append(svgElement("rect", { class: "point", x: x(ratio) - 1, width: 2, y: 2, height: 12 }));
  return svg;
}

// A chance as the filled part of a bar.
export function chance(p, words) {
  const svg = drawing("interval", 16, words);
  svg.append(svgElement("rect", { class: "frame", x: 0, width: 100, y: 3, height: 10 }));
  svg.append(svgElement("rect", { class: "point", x: 0, width: 100 * p, y: 3, height: 10 }));
  return svg;
}

// A hundred units wide, stretched to the place that it is given.
function drawing(name, height, label) {
  return svgElement("svg", { class: name, viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
}

function svgElement(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
