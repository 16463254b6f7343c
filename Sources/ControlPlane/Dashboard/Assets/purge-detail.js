// One purge and how far it has got, agent by agent, as it happens.

import { ask, follow } from "./api.js";
import { announce, h, setText, show } from "./dom.js";
import { bytes, count, duration, exactly, moment, named, namedShort } from "./format.js";
import { poll } from "./polling.js";
import { Table } from "./table.js";
import { doneOf, pill, purgeState, standing } from "./words.js";

/** How long a purge may be unknown before we say so. */
const unknownMax = 5000;

/** `#/purges/{id}` */
export function purgeDetail(root, { id, zones, signal }) {
  const view = new DetailView(zones);
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  root.append(h("p", { class: "path" }, h("a", { href: "#/purges" }, "All purges")), problem, view.element);

  const path = `/v1/purges/${encodeURIComponent(id)}`;
  const opened = performance.now();
  let canStream = true;
  poll(1000, signal, async (signal, heard) => {
    if (canStream && !view.isConfirmed) {
      try {
        await follow(`${path}/progress`, (_, purge) => {
          heard();
          view.update(purge);
        }, signal);
      } catch (error) {
        // Something in between does not let streams through: asking works as well.
        if (error.code !== "no_stream" && error.status !== 404) throw error;
        canStream = error.code !== "no_stream";
      }
    }
    try {
      // Also when it is confirmed: agents that join or are retired later change the table.
      view.update(await ask(path, { signal }));
    } catch (error) {
      // Another control plane may have accepted it, and this one reads it in a moment.
      if (error.status !== 404 || performance.now() - opened > unknownMax) throw error;
    }
  }, (error) => {
    setText(problem, error.message);
    show(problem, true);
    view.hide();
  });
}

class DetailView {
  isConfirmed = false;
  isShown = false;

  constructor(zones) {
    this.names = new Map(zones.map((zone) => [zone.id, zone.name]));
    this.title = h("h1", {}, "Purge");
    this.state = h("p", { class: "state" });
    this.bar = h("progress", { max: "1", value: "0", "aria-label": "Agents that are done" });
    this.line = h("p", { class: "progress-line" });
    this.messages = h("ul", { class: "advice", "aria-label": "Worth knowing", hidden: true });
    this.facts = h("dl", { class: "facts" });
    this.selectors = h("div", { class: "selectors" });
    this.table = new Table({
      caption: "Agents and this purge", empty: "No agent is known yet.", key: (share) => share.agent,
      columns: [
        { title: "Agent", header: true, value: (share) => share.agent },
        { title: "Region", value: (share) => share.region ?? "" },
        {
          title: "Standing", value: (share) => [share.standing, share.effective, share.waits_for_tier].join(),
          render: (share) => [
            mark(standing(share)),
            share.waits_for_tier ? h("span", { class: "side" }, `waits for tier ${share.waits_for_tier}`) : "",
          ],
        },
        { title: "After", className: "number", value: (share) => this.after(share) },
        { title: "Removed", className: "number", value: (share) => count(share.removed) },
        { title: "Bytes", className: "number", value: (share) => bytes(share.bytes) },
        { title: "Work", className: "number", value: (share) => work(share.took_us) },
      ],
    });
    this.element = h("div", { class: "detail", hidden: true },
      h("div", { class: "headline" }, this.title, this.state),
      h("section", { class: "card progress", "aria-label": "Progress" }, this.bar, this.line, this.messages),
      h("div", { class: "split even" },
        h("section", { class: "card", "aria-label": "What it names" }, h("h2", {}, "What it names"), this.selectors),
        h("section", { class: "card", "aria-label": "About it" }, h("h2", {}, "About it"), this.facts)),
      h("section", { class: "card flush", "aria-label": "Agents" }, h("h2", {}, "Agents"), this.table.element));
  }

  hide() {
    show(this.element, false);
  }

  update(purge) {
    const isFirst = !this.isShown;
    this.purge = purge;
    if (isFirst) this.drawWhatStays(purge);
    const { tone, word } = purgeState(purge);
    const done = purge.agents.applied + purge.agents.safe;
    this.state.replaceChildren(pill(tone, word));
    this.bar.max = Math.max(1, purge.agents.expected);
    this.bar.value = done;
    this.element.classList.toggle("confirmed", purge.state === "confirmed");
    const text = sentence(purge);
    setText(this.line, text);
    this.table.update(purge.by_agent ?? []);
    this.drawMessages(purge.messages ?? []);
    this.drawFacts(purge);
    this.isConfirmed = purge.state === "confirmed";
    this.isShown = true;
    show(this.element, true);
    announce(text);
  }

  drawWhatStays(purge) {
    const what = namedShort(purge.selectors);
    setText(this.title, `${purge.mode === "invalidate" ? "Invalidation" : "Purge"} of ${what}`);
    document.title = `${this.title.textContent} · EdgePurge`;
    this.selectors.replaceChildren(...named(purge.selectors).map(([title, keys]) => h("div", {},
      h("h3", {}, title),
      keys.length === 0 ? h("p", {}, `All of ${(purge.scope ?? []).join(", ")}`)
        : h("ul", { class: "keys", tabindex: keys.length > 6 ? "0" : null, "aria-label": title },
          keys.map((key) => h("li", {}, key))))));
  }

  drawMessages(messages) {
    const text = JSON.stringify(messages);
    if (text === this.shownMessages) return;
    this.shownMessages = text;
    this.messages.replaceChildren(...messages.map(({ message }) => h("li", { class: "warn" }, message)));
    show(this.messages, messages.length > 0);
  }

  drawFacts(purge) {
    const facts = [
      ["Id", purge.id], ["Zone", this.names.get(purge.zone) ?? purge.zone], ["Scope", (purge.scope ?? []).join(", ")],
      ["Mode", purge.mode], ["Source", purge.source], ["Reason", purge.reason],
      ["Accepted", moment(purge.accepted_at)],
      ["Effective", reached(purge.effective_at, purge.time_to_effective_ms)],
      ["Confirmed", reached(purge.confirmed_at, purge.time_to_confirmed_ms)],
      ["Removed", `${count(purge.removed)} objects, ${bytes(purge.bytes)}`],
      ["Kafka", `partition ${purge.partition}, offset ${count(purge.offset)}`],
    ].filter(([, value]) => value);
    const text = JSON.stringify(facts);
    if (text === this.shownFacts) return;
    this.shownFacts = text;
    this.facts.replaceChildren(...facts.map(([name, value]) => h("div", {},
      h("dt", {}, name),
      h("dd", {
        title: name === "Accepted" ? exactly(purge.accepted_at) : null, class: name === "Id" ? "code" : null,
      }, value))));
  }

  after(share) {
    if (!share.applied_at) return "–";
    return duration(Math.max(0, new Date(share.applied_at) - new Date(this.purge.accepted_at)));
  }
}

function sentence(purge) {
  const agents = purge.agents;
  if (purge.state === "confirmed") {
    return `Confirmed${after(purge.time_to_confirmed_ms)}: no cache answers with it any more (${doneOf(purge)}).`;
  }
  const effective = purge.effective
    ? `Effective${after(purge.time_to_effective_ms)}: nobody is served it any more. ` : "";
  const waits = [[agents.pending, "pending"], [agents.missing, "missing"], [agents.conflicted, "in conflict"]]
    .filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return agents.expected === 0 ? "No agent has announced itself yet."
    : `${effective}${doneOf(purge)} done${waits.length > 0 ? `; ${waits.join(", ")}` : ""}.`;
}

function after(milliseconds) {
  return milliseconds === undefined ? "" : ` after ${duration(milliseconds)}`;
}

function reached(at, milliseconds) {
  return at ? `${moment(at)},${after(milliseconds)}` : null;
}

function mark({ tone, word }) {
  return pill(tone, word);
}

function work(microseconds) {
  if (microseconds === undefined || microseconds === null) return "–";
  return microseconds < 1000 ? `${microseconds} µs` : duration(microseconds / 1000);
}
