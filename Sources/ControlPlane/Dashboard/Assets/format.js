// Numbers, times and sizes as a person reads them at a glance.

const whole = new Intl.NumberFormat("en");

/** 1,203,441 */
export function count(number) {
  return number === undefined || number === null ? "–" : whole.format(number);
}

/** "1 agent", "3 agents" */
export function plural(number, word, words = `${word}s`) {
  return `${count(number)} ${number === 1 ? word : words}`;
}

/** 12 ms, 1.4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h */
export function duration(milliseconds) {
  if (milliseconds === undefined || milliseconds === null) return "–";
  const seconds = milliseconds / 1000;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${Math.floor(seconds * 10) / 10} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", Math.floor(seconds % 60), "s");
  if (seconds < 86400) return pair(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min");
  return pair(Math.floor(seconds / 86400), "d", Math.floor((seconds % 86400) / 3600), "h");
}

function pair(large, largeUnit, small, smallUnit) {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** 812 B, 3.4 MiB */
export function bytes(number) {
  if (number === undefined || number === null) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = number;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** Silence in whole seconds: an agent speaks once a second, so what is below says nothing. */
export function silence(milliseconds) {
  if (milliseconds === undefined || milliseconds === null) return "–";
  return milliseconds < 2000 ? "now" : duration(Math.floor(milliseconds / 1000) * 1000);
}

const timeOfDay = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const hourAndMinute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** 14:03:21 today, "21 Nov, 14:03:21" before. */
export function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return "–";
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? timeOfDay.format(date) : `${dayOfYear.format(date)}, ${timeOfDay.format(date)}`;
}

/** 14:03:21 */
export function clock(date) {
  return timeOfDay.format(date);
}

/** 14:03 */
export function shortClock(date) {
  return hourAndMinute.format(date);
}

/** The moment in full, for a tooltip. */
export function exactly(text) {
  return new Date(text).toString();
}

const kinds = [["tags", "tag"], ["urls", "URL"], ["hosts", "host"], ["prefixes", "prefix", "prefixes"]];

/** What a purge names, in groups: [["Tags", [...]], ...]; everything is a group without entries. */
export function named(selectors) {
  const titles = { tags: "Tags", urls: "URLs", hosts: "Hosts", prefixes: "Prefixes" };
  const groups = kinds.filter(([key]) => selectors[key]?.length).map(([key]) => [titles[key], selectors[key]]);
  return selectors.everything ? [["Everything", []], ...groups] : groups;
}

/** "2 tags", "1 URL and 3 hosts", "everything" */
export function namedShort(selectors) {
  if (selectors.everything) return "everything";
  const parts = kinds.filter(([key]) => selectors[key]?.length)
    .map(([key, one, many]) => plural(selectors[key].length, one, many));
  return parts.join(" and ");
}

/** The first of what a purge names and how many more there are: "product-42 and 3 more". */
export function namedFirst(selectors) {
  if (selectors.everything) return "everything";
  const all = kinds.flatMap(([key]) => selectors[key] ?? []);
  if (all.length === 0) return "–";
  return all.length === 1 ? all[0] : `${all[0]} and ${count(all.length - 1)} more`;
}
