// Which view the address asks for. The address holds everything that a view depends on, so that a link shows the same to anybody.

import { forget, prepare } from "./charts.js";
import { measure } from "./detail.js";
import { element } from "./elements.js";
import { latest } from "./files.js";
import { channels, notThere, releases } from "./overview.js";
import { quality } from "./quality.js";
import { record } from "./record.js";

const main = document.getElementById("main");
const LOOK_AGAIN_MS = 60_000;
let asked = 0;
let shownState = null;

function parsed() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").filter(Boolean).map(decoded), options: new URLSearchParams(query ?? "") };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function viewOf(state) {
  const { parts: [channel, ...rest], options } = parsed();
  if (!channel) return channels(state);
  if (channel === "quality") return quality(state);
  if (channel === "record") return record(state);
  const card = state.channels.find((other) => other.channel === channel);
  if (!card) return { title: "Not there", parts: [notThere(`No channel is called ${channel}.`)] };
  return rest.length >= 3 ? measure(state, card, rest, options) : releases(state, card, rest[0]);
}

async function show(isNewView) {
  const turn = ++asked;
  let state = null;
  let view = null;
  try {
    state = await latest();
    if (!isNewView && state.id === shownState) return;
    view = await viewOf(state);
  } catch (error) {
    if (!isNewView) return;
    view = { title: "Not readable", parts: [element("div", { class: "problem", role: "alert" }, element("h1", { tabindex: "-1" }, "The figures cannot be read"), element("p", {}, error.message), element("p", {}, element("button", { onclick: () => show(true) }, "Try again")))] };
  }
  if (turn !== asked) return;
  forget();
  shownState = state?.id ?? null;
  document.title = `${view.title} – Release health`;
  main.replaceChildren(...[view.parts, copyLink()].flat(9).filter(Boolean));
  tellState(state);
  if (isNewView) main.querySelector("h1")?.focus({ preventScroll: true });
  if (isNewView) scrollTo(0, 0);
  await view.shownThen?.();
  main.dataset.shown = location.hash;
}

function tellState(state) {
  if (!state) return;
  const label = state.data_label ? `${state.data_label} · ` : "";
  document.getElementById("state").textContent = `${label}${state.complete_words}`;
  const elsewhere = state.links.flatMap((other) => [" · ", element("a", { href: other.key, rel: "noreferrer" }, other.label)]);
  document.getElementById("footer").replaceChildren(`State ${state.id}`, state.is_public ? " · small groups are left out" : "", ...elsewhere);
}

function copyLink() {
  const said = element("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = " copied";
    } catch {
      said.textContent = ` ${location.href}`;
    }
  };
  return element("p", {}, element("button", { onclick: copy }, "copy link"), said);
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => show(true));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(true));
setInterval(() => show(false), LOOK_AGAIN_MS);
// Whoever draws tells what is missing.
show(true).then(prepare).catch(() => {});
