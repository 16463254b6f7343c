// Purges, one a row: on the overview and in the history.

import { h } from "./dom.js";
import { bytes, count, duration, exactly, moment, namedFirst } from "./format.js";
import { Table } from "./table.js";
import { doneOfShort, pill, purgeState } from "./words.js";

/** `zones` gives names to the ids; `isShort` leaves out what the overview has no room for. */
export function purgeTable({ zones, caption, empty, isShort }) {
  const names = new Map(zones.map((zone) => [zone.id, zone.name]));
  const columns = [
    {
      title: "Purge", header: true, className: "what", value: (purge) => purge.id + namedFirst(purge.selectors),
      render: (purge) => [
        h("a", { href: `#/purges/${purge.id}` }, namedFirst(purge.selectors)),
        purge.mode === "invalidate" ? h("span", { class: "tag" }, "invalidate") : "",
        purge.reason && !isShort ? h("span", { class: "side" }, purge.reason) : "",
      ],
    },
    { title: "State", value: stateKey, render: statePill },
    { title: "Agents", className: "number", value: doneOfShort },
    { title: "Took", className: "number", value: (purge) => duration(purge.time_to_confirmed_ms) },
    {
      title: "Accepted", className: "number", value: (purge) => moment(purge.accepted_at),
      render: (purge) => h("time", { datetime: purge.accepted_at, title: exactly(purge.accepted_at) },
        moment(purge.accepted_at)),
    },
  ];
  if (!isShort) {
    columns.splice(1, 0, { title: "Zone", value: (purge) => names.get(purge.zone) ?? purge.zone });
    columns.splice(5, 0, {
      title: "Removed", className: "number", value: (purge) => `${count(purge.removed)} (${bytes(purge.bytes)})`,
    });
  }
  return new Table({ caption, empty, columns, key: (purge) => purge.id });
}

function stateKey(purge) {
  return purgeState(purge).word;
}

function statePill(purge) {
  const { tone, word } = purgeState(purge);
  return pill(tone, word);
}
