// All purges that are remembered, with search.

import { ask } from "./api.js";
import { field, h, setText, show } from "./dom.js";
import { plural } from "./format.js";
import { poll } from "./polling.js";
import { purgeTable } from "./purge-table.js";

const pageSize = 25;

/** `#/purges?q=…&state=…&zone=…` */
export function purgeHistory(root, { zones, query, signal }) {
  const filter = { q: query.get("q") ?? "", state: query.get("state") ?? "", zone: query.get("zone") ?? "" };
  // The cursors of the pages before this one; the first page has none.
  const cursors = [undefined];
  let next;

  const search = field("Search", h("input", {
    type: "search", value: filter.q, placeholder: "tag, URL, host, reason, id",
    autocomplete: "off", spellcheck: "false",
  }));
  const state = field("State", h("select", {}, [["", "all"], ["pending", "pending"], ["confirmed", "confirmed"]]
    .map(([value, text]) => h("option", { value, selected: value === filter.state }, text))));
  const zone = field("Zone", h("select", {}, h("option", { value: "" }, "all"),
    zones.map((each) => h("option", { value: each.id, selected: each.id === filter.zone }, each.name))));
  const table = purgeTable({ zones, caption: "Purges, newest first", empty: "No purge matches." });
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const place = h("p", { class: "help", role: "status" });
  const newer = h("button", { type: "button", click: () => turn(() => cursors.pop()) }, "Newer");
  const older = h("button", { type: "button", click: () => turn(() => cursors.push(next)) }, "Older");
  root.append(
    h("h1", {}, "Purges"),
    h("form", { class: "filters", role: "search", submit: (event) => event.preventDefault() },
      search.element, state.element, zone.element),
    problem,
    h("section", { class: "card flush", "aria-label": "Purges" }, table.element),
    h("div", { class: "pages" }, place, newer, older));

  let now = () => {};
  let round = 0;
  const turn = (change) => {
    change();
    round += 1;
    now();
  };
  const begin = () => {
    show(problem, false);
    now = poll(3000, signal, async (signal) => {
      const asked = round;
      const page = await ask(`/v1/purges?${parameters()}`, { signal });
      // The answer to a question that has changed meanwhile.
      if (asked !== round) return;
      next = page.next;
      table.update(page.purges);
      newer.disabled = cursors.length === 1;
      older.disabled = next === undefined;
      setText(place, `Page ${cursors.length}, ${plural(page.purges.length, "purge")}`);
    }, (error) => {
      setText(problem, error.message);
      show(problem, true);
    });
  };
  const parameters = () => {
    const all = new URLSearchParams({ limit: pageSize });
    for (const [name, value] of Object.entries(filter)) if (value !== "") all.set(name, value);
    const cursor = cursors.at(-1);
    if (cursor !== undefined) all.set("before", cursor);
    return all;
  };
  const refine = () => {
    Object.assign(filter, { q: search.control.value.trim(), state: state.control.value, zone: zone.control.value });
    cursors.length = 1;
    const shown = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
    // The address can be sent to somebody; no new entry in the browser's history for each letter.
    history.replaceState(null, "", shown.size === 0 ? "#/purges" : `#/purges?${shown}`);
    turn(() => {});
  };
  let typing;
  search.control.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(refine, 250);
  });
  state.control.addEventListener("change", refine);
  zone.control.addEventListener("change", refine);
  newer.disabled = true;
  older.disabled = true;
  begin();
}
