// Reading what was published: the pointer once for each view, then only files that never change.

export const SCHEMA_VERSION = 1;

async function read(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
  return answer.json();
}

const kept = new Map();

// A file that never changes; a failed reading is tried again.
export function lasting(path) {
  if (!kept.has(path)) kept.set(path, read(path).catch((error) => { kept.delete(path); throw error; }));
  return kept.get(path);
}

// The state that the pointer names now.
export async function latest() {
  const pointer = await read("data/latest.json", { cache: "no-cache" });
  if (pointer.schema_version !== SCHEMA_VERSION) throw new Error("this page is older than its data: load it again");
  const folder = pointer.state.slice(0, pointer.state.lastIndexOf("/"));
  const state = await lasting(pointer.state);
  return { id: pointer.state_id, path: pointer.state, ...state, beside: (name) => lasting(`${folder}/${name}`), folder };
}

export const partPath = (folder, platform, measure) => `${folder}/${encodeURIComponent(platform)}/${encodeURIComponent(measure)}.json`;
