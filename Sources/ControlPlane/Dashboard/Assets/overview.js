// The first page: is everything well, purge something, what happened last.

import { ask } from "./api.js";
import { agentTable, askAgents } from "./agents.js";
import { TimesChart } from "./chart.js";
import { h, setText, show } from "./dom.js";
import { count, duration, plural } from "./format.js";
import { poll } from "./polling.js";
import { PurgeForm } from "./purge-form.js";
import { purgeTable } from "./purge-table.js";

/** Advice shown at once; the agents page has the rest. */
const adviceMax = 5;
const purgesShown = 6;
const agentsShown = 8;

/** `#/` */
export function overview(root, { zones, purgeableZones, canRead, isAdmin, signal }) {
  const tiles = new Tiles();
  const advice = h("ul", { class: "advice", "aria-label": "Needs somebody", hidden: true });
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const onRefusal = (error) => {
    setText(problem, error.message);
    show(problem, true);
  };
  const chart = new TimesChart(() => nowTimes());
  const purges = purgeTable({ zones, caption: "The last purges", empty: "No purge yet.", isShort: true });
  const agents = agentTable({ isAdmin: false });
  const more = h("p", { class: "help", hidden: true });
  const form = purgeableZones.length === 0
    ? h("p", { class: "help" }, "You may look, and not purge: your token lacks the permission cache_purge.")
    : new PurgeForm(purgeableZones).element;

  if (!canRead) {
    root.append(h("h1", { class: "unseen" }, "Overview"), section("Purge", form),
      h("p", { class: "help" }, "Your token lacks the permission read: "
        + "you see how your own purges stand, and nothing else."));
    return;
  }
  root.append(
    h("h1", { class: "unseen" }, "Overview"), tiles.element, advice, problem,
    h("div", { class: "split" },
      section("Purge", form),
      h("div", { class: "stack" },
        section("Time to confirmed", chart.element),
        h("section", { class: "card flush", "aria-labelledby": "last-purges" },
          h("div", { class: "card-head" }, h("h2", { id: "last-purges" }, "Last purges"),
            h("a", { href: "#/purges" }, "All purges")),
          purges.element))),
    h("section", { class: "card flush", "aria-labelledby": "all-agents" },
      h("div", { class: "card-head" }, h("h2", { id: "all-agents" }, "Agents"),
        h("a", { href: "#/agents" }, isAdmin ? "All agents, drain, retire, replace" : "All agents")),
      agents.element, more));

  poll(2000, signal, async (signal) => {
    const [list, waiting, last] = await Promise.all([
      askAgents(signal), ask("/v1/purges?state=pending&limit=50", { signal }),
      ask(`/v1/purges?limit=${purgesShown}`, { signal }),
    ]);
    tiles.drawAgents(list);
    tiles.drawWaiting(waiting);
    drawAdvice(advice, list);
    agents.update(list.slice(0, agentsShown));
    show(more, list.length > agentsShown);
    setText(more, `and ${plural(list.length - agentsShown, "other")} that are no worse`);
    purges.update(last.purges);
  }, onRefusal);
  const nowTimes = poll(10000, signal, async (signal) => {
    const window = chart.window;
    const times = await ask(`/v1/times?window=${window}`, { signal });
    if (window !== chart.window) return;
    chart.update(times);
    tiles.drawTimes(times);
  }, onRefusal);
}

function section(title, content) {
  const heading = h("h2", { id: `section-${title.toLowerCase().replaceAll(" ", "-")}` }, title);
  return h("section", { class: "card", "aria-labelledby": heading.id }, heading, content);
}

function drawAdvice(list, agents) {
  const lines = agents.filter((agent) => agent.health.advice).map((agent) => [agent.health.tone, agent.health.advice]);
  const shown = lines.slice(0, adviceMax);
  if (agents.problem) shown.unshift(["bad", `No purge is confirmed: ${agents.problem}`]);
  if (lines.length > adviceMax) {
    shown.push(["warn", `${plural(lines.length - adviceMax, "more agent")} in need: see the agents page.`]);
  }
  const text = JSON.stringify(shown);
  show(list, shown.length > 0);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(...shown.map(([tone, line]) => h("li", { class: tone }, line)));
}

/** The figures at the top. */
class Tiles {
  constructor() {
    this.agents = tile("Agents live");
    this.waiting = tile("Purges pending");
    this.lag = tile("Oldest purge waiting");
    this.p50 = tile("Confirmed, p50");
    this.p99 = tile("Confirmed, p99");
    this.element = h("dl", { class: "tiles" },
      [this.agents, this.waiting, this.lag, this.p50, this.p99].map((each) => each.element));
  }

  drawAgents(agents) {
    const live = agents.filter((agent) => agent.health.word === "live").length;
    const needy = agents.filter((agent) => agent.health.advice).length;
    const isBad = agents.some((agent) => agent.health.tone === "bad");
    this.agents.draw(`${count(live)} of ${count(agents.length)}`,
      needy > 0 ? `${count(needy)} in need of somebody` : "",
      isBad ? "bad" : live === agents.length ? "good" : "warn");
    const oldest = Math.max(0, ...agents.filter((agent) => agent.lag > 0).map((agent) => agent.oldest));
    const behind = agents.filter((agent) => agent.lag > 0).length;
    this.lag.draw(oldest > 0 ? duration(oldest) : "none",
      behind > 0 ? `${plural(behind, "agent")} behind` : "no agent is behind",
      oldest > 10000 ? "warn" : "");
  }

  drawWaiting({ purges, next }) {
    const stuck = purges.filter((purge) => purge.agents.missing > 0 || purge.agents.conflicted > 0).length;
    this.waiting.draw(`${count(purges.length)}${next === undefined ? "" : "+"}`,
      stuck > 0 ? `${count(stuck)} stuck` : purges.length === 0 ? "all confirmed" : "", stuck > 0 ? "bad" : "");
  }

  drawTimes(times) {
    const span = times.window_s >= 86400 ? "last day" : "last hour";
    this.p50.draw(duration(times.p50_ms), span, "");
    this.p99.draw(duration(times.p99_ms), span, "");
  }
}

function tile(title) {
  const value = h("span", { class: "value" }, "–");
  const side = h("span", { class: "side" });
  return {
    element: h("div", { class: "tile" }, h("dt", {}, title), h("dd", {}, value, side)),
    draw(text, sideText, tone) {
      setText(value, text);
      setText(side, sideText);
      value.className = `value ${tone}`;
    },
  };
}
