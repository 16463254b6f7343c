// The states of agents and purges: what to call them, how they look, and what a person may have to do.

import { h } from "./dom.js";
import { count, duration, plural } from "./format.js";

/** A state with a mark beside it: never by colour alone. */
export function pill(tone, text) {
  return h("span", { class: `pill ${tone}` }, text);
}

/** How long an agent may be silent before it counts as missing (docs/architecture.md#confirmation). */
const silenceMax = 10000;

/** How an agent is: { tone, word, advice, rank }; the worst rank first. Without `advice` nobody has to do anything. */
export function health(agent) {
  const name = agent.agent;
  if (agent.other_machine_of) {
    return state("bad", "conflict", 0, `Another machine uses the name ${agent.other_machine_of}. Purges wait for both. `
      + `If it has taken the place of the old one, replace ${agent.other_machine_of}; else give it a name of its own.`);
  }
  if (agent.conflicted) {
    return state("bad", "conflict", 0,
      `Two processes call themselves ${name}. Neither counts until one has another name.`);
  }
  if (agent.status === "unheard") {
    return state("bad", "never heard", 1,
      `${name} is expected and has never spoken. No purge is confirmed without it.`);
  }
  if (agent.drained) return state("calm", "drained", 6);
  if (agent.silence_ms > silenceMax) {
    const since = `${name} has been silent for ${duration(Math.floor(agent.silence_ms / 1000) * 1000)}.`;
    return agent.fence === "cut_off"
      ? state("warn", "silent", 2, `${since} It fences itself, so purges are confirmed without it.`)
      : state("bad", "silent", 1, `${since} Purges wait for it. If the machine is gone for good, retire it.`);
  }
  if (agent.problem) return state("bad", word(agent.status), 2, `${name}: ${agent.problem}`);
  if (agent.fenced || agent.status === "fenced") return state("warn", "fenced", 3);
  if (agent.status === "catching_up") return state("warn", "catching up", 4);
  if (agent.status === "starting") return state("warn", "starting", 4);
  if (agent.status === "draining") return state("calm", "stopping", 5);
  return state("good", "live", 7);
}

function state(tone, text, rank, advice) {
  return { tone, word: text, rank, advice };
}

function word(status) {
  return String(status).replaceAll("_", " ");
}

/** What an agent's fence does and whether it is set. */
export function fence(agent) {
  const mode = agent.fence ? word(agent.fence) : "–";
  return agent.fenced || agent.status === "fenced" ? `${mode}, set` : mode;
}

/** Where an agent stands with a purge. */
export function standing(share) {
  if (share.effective && share.standing === "pending") return { tone: "good", word: "effective" };
  const tones = { applied: "good", safe: "good", pending: "warn", missing: "bad", conflicted: "bad" };
  const words = { safe: "safe (fenced)", conflicted: "conflict" };
  return { tone: tones[share.standing] ?? "calm", word: words[share.standing] ?? share.standing };
}

/** How far a purge has got. */
export function purgeState(purge) {
  if (purge.state === "confirmed") return { tone: "good", word: "confirmed" };
  if (purge.agents?.missing > 0 || purge.agents?.conflicted > 0) return { tone: "bad", word: "stuck" };
  return purge.effective ? { tone: "good", word: "effective" } : { tone: "warn", word: "pending" };
}

/** "2 of 3 agents" */
export function doneOf(purge) {
  const agents = purge.agents;
  return `${agents.applied + agents.safe} of ${plural(agents.expected, "agent")}`;
}

/** "2 of 3" */
export function doneOfShort(purge) {
  return `${count(purge.agents.applied + purge.agents.safe)} of ${count(purge.agents.expected)}`;
}

/** What a mode does, in one sentence. */
export const modes = {
  delete: "The next request of each is a miss and fetches it from the origin.",
  invalidate: "The next request of each asks the origin whether it changed; what did not change is kept.",
};
