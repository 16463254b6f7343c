// Where the dashboard begins: who is there, and which page the address names.

import { agentsPage } from "./agents.js";
import { APIFailure, ask, hasToken, setToken, signals } from "./api.js";
import { h, show } from "./dom.js";
import { overview } from "./overview.js";
import { connection, sentence } from "./polling.js";
import { purgeDetail } from "./purge-detail.js";
import { purgeHistory } from "./purge-history.js";
import { signIn } from "./sign-in.js";

const refusedText = "This token is not accepted any more.";
const main = document.getElementById("main");
const navigation = document.getElementById("navigation");
let session = null;
let page = new AbortController();

/** Asks who we are; as often as it takes. */
async function begin() {
  const source = Symbol("begin");
  for (let failures = 0; ; failures += 1) {
    try {
      const me = await ask("/v1/me");
      connection.heard(source);
      return await enter(me);
    } catch (error) {
      if (error instanceof APIFailure && !error.isPassing) {
        connection.heard(source);
        const isRefused = hasToken();
        setToken(null);
        return leave(error.status !== 401 ? error.message : isRefused ? refusedText : undefined);
      }
      if (!(error instanceof APIFailure)) console.error(error);
      connection.lost(source, sentence(error));
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 500 * 2 ** failures)));
    }
  }
}

async function enter(me) {
  const { zones } = await ask("/v1/zones");
  const may = (permission) => me.permissions.includes(permission);
  session = {
    me, zones, canRead: may("read"), isAdmin: may("admin"),
    purgeableZones: may("cache_purge")
      ? zones.filter((zone) => me.zones.includes("*") || me.zones.includes(zone.id)) : [],
  };
  document.getElementById("who").textContent = me.name ?? "";
  show(document.getElementById("sign-out"), hasToken());
  show(document.getElementById("session"), true);
  show(navigation, true);
  draw();
}

function leave(problem) {
  page.abort();
  session = null;
  show(document.getElementById("session"), false);
  show(navigation, false);
  document.title = "Sign in · EdgePurge";
  signIn(main, problem, (me) => { enter(me).catch(() => begin()); });
}

/** The page that the address names. */
function draw() {
  if (session === null) return;
  page.abort();
  page = new AbortController();
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const context = { ...session, query: new URLSearchParams(query), signal: page.signal };
  const id = /^\/purges\/([0-9a-fA-F]{32})$/.exec(path)?.[1];
  const root = h("div", { class: "page" });
  main.replaceChildren(root);
  if (id !== undefined) named("Purge", "#/purges", () => purgeDetail(root, { ...context, id: id.toLowerCase() }));
  else if (path === "/purges") named("Purges", "#/purges", () => purgeHistory(root, context));
  else if (path === "/agents") named("Agents", "#/agents", () => agentsPage(root, context));
  else if (path === "" || path === "/") named("Overview", "#/", () => overview(root, context));
  else root.append(h("h1", {}, "There is no such page"), h("p", {}, h("a", { href: "#/" }, "Overview")));
}

function named(title, address, make) {
  document.title = `${title} · EdgePurge`;
  for (const link of navigation.querySelectorAll("a")) {
    if (link.getAttribute("href") === address) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  make();
}

window.addEventListener("hashchange", () => {
  draw();
  // As a browser does with a new page: reading begins at its top.
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("sign-out").addEventListener("click", () => {
  setToken(null);
  leave();
});
signals.addEventListener("refused", () => {
  if (session === null) return;
  setToken(null);
  leave(refusedText);
});
begin();
