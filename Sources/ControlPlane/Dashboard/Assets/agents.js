// Every cache machine: how it is, and taking it out and back in.

import { ask } from "./api.js";
import { confirm } from "./dialogs.js";
import { announce, field, h, setText, show } from "./dom.js";
import { bytes, count, duration, plural, silence } from "./format.js";
import { poll } from "./polling.js";
import { Table } from "./table.js";
import { fence, health, pill } from "./words.js";

/** Rows drawn at once; the worst come first, and the search finds the others. */
const rowsMax = 200;

/** Agents with what the lag list tells of them, the worst first; with why no purge is confirmed as `problem`. */
export async function askAgents(signal) {
  const [{ agents, problem }, lags] = await Promise.all([ask("/v1/agents", { signal }), ask("/v1/lag", { signal })]);
  const oldest = new Map(lags.agents.map((lag) => [lag.agent, lag.oldest_unapplied_ms]));
  const list = agents.map((agent) => ({ ...agent, oldest: oldest.get(agent.agent) ?? 0, health: health(agent) }))
    .sort((one, other) => one.health.rank - other.health.rank
      || one.agent.localeCompare(other.agent, "en", { numeric: true }));
  return Object.assign(list, { problem });
}

/** The table; with `isAdmin` it has buttons, and `onChange` is called after each. */
export function agentTable({ isAdmin, onChange }) {
  const columns = [
    { title: "Agent", header: true, value: (agent) => agent.agent },
    { title: "Region", className: "tight", value: (agent) => agent.region ?? "" },
    {
      title: "Tier", className: "tight", isOptional: true, value: (agent) => [agent.tier, ...standsIn(agent)].join(" "),
      render: (agent) => [agent.tier ?? "", standsIn(agent).map((text) => h("span", { class: "side" }, text))],
    },
    {
      title: "Health", value: (agent) => agent.health.tone + agent.health.word + remarks(agent).join(),
      render: (agent) => [
        pill(agent.health.tone, agent.health.word),
        remarks(agent).map((remark) => h("span", { class: "side" }, remark)),
      ],
    },
    { title: "Heard", className: "number", value: (agent) => silence(agent.silence_ms) },
    { title: "Lag", className: "number", value: lag },
    { title: "Fence", className: "tight", value: fence },
    {
      title: "Indexed", className: "number",
      value: (agent) => sum(agent.counts?.objects_indexed, agent.counts?.bytes_indexed),
    },
    {
      title: "Removed", className: "number",
      value: (agent) => [sum(agent.counts?.objects_removed, agent.counts?.bytes_removed), ...space(agent)].join(),
      render: (agent) => [
        sum(agent.counts?.objects_removed, agent.counts?.bytes_removed),
        space(agent).map((text) => h("span", { class: "side" }, text)),
      ],
    },
  ];
  if (isAdmin) {
    columns.push({
      title: "Actions", isTitleUnseen: true, className: "actions", value: (agent) => String(Boolean(agent.drained)),
      render: (agent) => actions(agent, onChange),
    });
  }
  return new Table({
    caption: "Agents, those that need somebody first", columns, key: (agent) => agent.agent,
    empty: "No agent has announced itself yet. Start one with: edge-purge agent --config agent.yaml",
  });
}

/** What a person should know beyond the word for its health. */
function remarks(agent) {
  const unmatched = agent.counts?.unmatched ?? 0;
  return [
    agent.problem,
    unmatched > 0 ? `${plural(unmatched, "file")} that no purge by URL, host or prefix finds` : null,
  ].filter(Boolean);
}

/** Where an agent fills from, and what waits for that. */
function standsIn(agent) {
  return [
    agent.tier_above ? `fills from ${agent.tier_above}` : null,
    agent.waiting > 0 ? `${plural(agent.waiting, "purge")} ${agent.waiting === 1 ? "waits" : "wait"} for it` : null,
  ].filter(Boolean);
}

/** What became of the bytes of what was removed. */
function space(agent) {
  const { reclaimed_bytes: back, reclaim_waiting_bytes: waiting } = agent.counts ?? {};
  return [
    back > 0 ? `${bytes(back)} given back` : null,
    waiting > 0 ? `${bytes(waiting)} may be given back` : null,
  ].filter(Boolean);
}

/** "1,234 (5.6 MiB)" */
function sum(objects, size) {
  return objects === undefined ? "–" : `${count(objects)} (${bytes(size)})`;
}

function lag(agent) {
  if (!agent.lag) return "0";
  return agent.oldest > 0 ? `${count(agent.lag)}, oldest ${duration(agent.oldest)}` : count(agent.lag);
}

function actions(agent, onChange) {
  const name = agent.agent;
  const button = (verb, question) => h("button", {
    type: "button", class: "small", "aria-label": `${verb} ${name}`, click: () => confirm({
      ...question, verb, title: `${verb} ${name}?`,
      action: async () => {
        await question.send();
        announce(`${verb} ${name}: done.`);
        onChange();
      },
    }),
  }, verb);
  const place = (agent) => `/v1/agents/${encodeURIComponent(agent)}`;
  const path = place(name);
  const retire = button("Retire", {
    isDangerous: true, typed: name,
    content: h("p", {}, "For a machine that is gone for good. Purges are confirmed without it. "
      + "If its nginx still serves, visitors may see what was purged. It is back as soon as its agent speaks again."),
    send: () => ask(path, { method: "DELETE" }),
  });
  const old = agent.other_machine_of;
  if (old) {
    return [
      button("Replace", {
        isDangerous: true, typed: old,
        content: h("p", {}, `This machine takes the place of ${old}, and purges are confirmed without the old one. `
          + "If the nginx of the old one still serves, visitors may see what was purged."),
        send: () => ask(`${place(old)}/replace`, { method: "POST" }),
      }),
      retire,
    ];
  }
  return [
    agent.drained
      ? button("Resume", {
        content: h("p", {}, "It catches up with every purge first, and takes part again after that."),
        send: () => ask(`${path}/resume`, { method: "POST" }),
      })
      : button("Drain", {
        content: h("p", {}, "Its nginx sends every request to the origin from then on, "
          + "and purges are confirmed without it, until you resume it."),
        send: () => ask(`${path}/drain`, { method: "POST" }),
      }),
    retire,
  ];
}

/** `#/agents` */
export function agentsPage(root, { isAdmin, signal }) {
  const search = field("Search", h("input", {
    type: "search", placeholder: "name, region, tier, health", autocomplete: "off", spellcheck: "false",
    input: () => draw(),
  }));
  const place = h("p", { class: "help", role: "status" });
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  let all = null;
  const draw = () => {
    if (all === null) return;
    const word = search.control.value.trim().toLowerCase();
    const found = all.filter((agent) =>
      [agent.agent, agent.region ?? "", agent.tier ?? "", agent.health.word]
        .some((text) => text.toLowerCase().includes(word)));
    table.update(found.slice(0, rowsMax));
    const total = plural(found.length, "agent");
    setText(place, found.length > rowsMax ? `The first ${rowsMax} of ${total}` : total);
  };
  let now = () => {};
  const table = agentTable({ isAdmin, onChange: () => now() });
  root.append(h("h1", {}, "Agents"),
    h("form", { class: "filters", role: "search", submit: (event) => event.preventDefault() }, search.element, place),
    problem, h("section", { class: "card flush", "aria-label": "Agents" }, table.element));
  now = poll(2000, signal, async (signal) => {
    all = await askAgents(signal);
    draw();
  }, (error) => {
    setText(problem, error.message);
    show(problem, true);
  });
}
