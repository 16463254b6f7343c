// The five ways to name what is purged, and how a text becomes a list of keys.

const lines = /[\n\r]+/;
const commas = /[\n\r,]+/;
// A URL or a path may have a comma in it: only one before what looks like the next entry separates.
const commasBeforeURL = /[\n\r]+|,\s*(?=https?:\/\/)/i;
const commasBeforePrefix = /[\n\r]+|,\s+|,(?=[\w-]+(?:\.[\w-]+)+(?:\/|,|$))/;

export const methods = [
  {
    id: "tags", name: "Tags", one: "tag", separator: commas, label: "Cache tags", example: "product-42, product-43",
    help: "One per line, or separated by commas.",
    what: (list, zone) =>
      `every response of ${zone} that carries ${list.length === 1 ? "this tag" : "one of these tags"}`,
  },
  {
    id: "urls", name: "URLs", one: "URL", separator: commasBeforeURL, label: "URLs",
    example: "https://shop.example/index.html",
    help: "In full, one per line or separated by commas. All variants of each are purged.",
    what: (list, zone) => `${list.length === 1 ? "this URL" : "these URLs"} of ${zone}, with all variants`,
  },
  {
    id: "hosts", name: "Hosts", one: "host", separator: commas, label: "Host names", example: "static.shop.example",
    help: "One per line, or separated by commas.",
    what: (list) => `everything of ${list.length === 1 ? "this host" : "these hosts"}`,
  },
  {
    id: "prefixes", name: "Prefixes", one: "prefix", many: "prefixes", separator: commasBeforePrefix,
    label: "Path prefixes",
    example: "shop.example/images",
    help: "Host and path, without https://, one per line or separated by commas. Matches whole path segments.",
    what: (list) => `everything at and below ${list.length === 1 ? "this path" : "these paths"}`,
  },
  {
    id: "everything", name: "Everything", separator: lines,
    what: (_, zone) => `everything of ${zone}`,
  },
];

/** The keys in a text, each once, in the order written. */
export function keysIn(text, method) {
  return [...new Set(text.split(method.separator).map((key) => key.trim()).filter((key) => key !== ""))];
}
