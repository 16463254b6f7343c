// Says what to purge, shows it once more, and sends it.

import { ask } from "./api.js";
import { confirm } from "./dialogs.js";
import { choice, field, h, setText, show } from "./dom.js";
import { plural } from "./format.js";
import { keysIn, methods } from "./keys.js";
import { modes } from "./words.js";

/** The form for somebody who may purge these zones. */
export class PurgeForm {
  constructor(zones) {
    this.zones = zones;
    this.method = methods[0];
    this.zone = field("Zone", h("select", { name: "zone" },
      zones.map((zone) => h("option", { value: zone.id }, zone.name))));
    this.methodChoice = choice("What to purge by", methods.map((method) => [method.id, method.name]), this.method.id,
      (id) => this.choose(id));
    this.keys = field("Keys", h("textarea", {
      name: "keys", rows: "6", spellcheck: "false", autocapitalize: "none", autocomplete: "off",
      input: () => this.drawCount(),
    }), "");
    this.everything = h("p", { class: "help", hidden: true });
    this.mode = choice("How", [["delete", "Delete"], ["invalidate", "Invalidate"]], "delete", () => this.drawMode());
    this.modeHelp = h("p", { class: "help" });
    this.reason = field("Reason (optional)", h("input", {
      type: "text", name: "reason", maxlength: "500", autocomplete: "off", placeholder: "kept in the history",
    }));
    this.problem = h("p", { class: "error", role: "alert", hidden: true });
    this.button = h("button", { type: "submit", class: "primary" }, "Review purge");
    this.element = h("form", { class: "purge-form", novalidate: true, submit: (event) => this.review(event) },
      this.methodChoice.element, this.keys.element, this.everything,
      h("div", { class: "columns" }, this.zone.element, this.reason.element),
      h("div", {}, this.mode.element, this.modeHelp), this.problem,
      h("div", { class: "buttons" }, this.button));
    this.zone.control.addEventListener("change", () => this.choose(this.method.id));
    this.choose(this.method.id);
    this.drawMode();
  }

  get chosenZone() {
    return this.zones.find((zone) => zone.id === this.zone.control.value) ?? this.zones[0];
  }

  choose(id) {
    this.method = methods.find((method) => method.id === id);
    const isEverything = id === "everything";
    show(this.keys.element, !isEverything);
    show(this.everything, isEverything);
    if (isEverything) {
      const zone = this.chosenZone;
      setText(this.everything, `Every response of ${(zone.scope ?? [zone.name]).join(", ")}, on every cache.`);
    } else {
      setText(this.keys.label, this.method.label);
      setText(this.keys.help, this.method.help);
      this.keys.control.placeholder = this.method.example;
    }
    this.clearProblems();
    this.drawCount();
  }

  drawCount() {
    const count = this.method.id === "everything" ? 0 : keysIn(this.keys.control.value, this.method).length;
    setText(this.button, count === 0 ? "Review purge" : `Review purge of ${this.countText(count)}`);
  }

  countText(count) {
    return plural(count, this.method.one, this.method.many);
  }

  drawMode() {
    setText(this.modeHelp, modes[this.mode.value]);
  }

  clearProblems() {
    for (const part of [this.keys, this.zone, this.reason]) part.complain("");
    show(this.problem, false);
  }

  review(event) {
    event.preventDefault();
    this.clearProblems();
    const method = this.method;
    const isEverything = method.id === "everything";
    const keys = isEverything ? [] : keysIn(this.keys.control.value, method);
    if (!isEverything && keys.length === 0) {
      this.keys.complain(`Name at least one ${method.one}.`);
      this.keys.control.focus();
      return;
    }
    const zone = this.chosenZone;
    const mode = this.mode.value;
    const reason = this.reason.control.value.trim();
    // The same id whenever this purge is sent again: a second try after a lost answer is the same purge.
    const body = {
      id: randomID(), zone: zone.id, mode,
      selectors: isEverything ? { everything: true } : { [method.id]: keys },
      ...(reason === "" ? {} : { reason }),
    };
    const verb = mode === "delete" ? "Deletes" : "Marks stale";
    confirm({
      title: isEverything ? `Purge everything of ${zone.name}?` : `Purge ${this.countText(keys.length)}?`,
      content: [
        h("p", {}, `${verb} ${method.what(keys, zone.name)}, on every cache. ${modes[mode]}`),
        isEverything
          ? h("p", { class: "warning" }, "The origin will have to answer all visitors until the caches are warm again.")
          : h("ol", { class: "keys", tabindex: "0", "aria-label": method.label }, keys.map((key) => h("li", {}, key))),
        reason === "" ? null : h("p", {}, "Reason: ", h("q", {}, reason)),
      ],
      verb: mode === "delete" ? "Purge now" : "Invalidate now",
      isDangerous: isEverything,
      typed: isEverything ? zone.name : undefined,
      action: () => this.send(body),
    });
  }

  async send(body) {
    let purge;
    try {
      purge = await ask("/v1/purges", { method: "POST", body, timeout: 30000 });
    } catch (error) {
      if (!error.isPassing && error.status !== 401) {
        this.complain(error);
        return;
      }
      if (error.status === 0) {
        throw new Error(`No answer from the control plane (${error.message}). `
          + `Sending it again is safe: it stays one purge.`);
      }
      const later = error.retryAfter === undefined ? "" : ` Try again in ${error.retryAfter} s.`;
      throw new Error(`${error.message}.${later}`);
    }
    this.keys.control.value = "";
    this.reason.control.value = "";
    location.hash = `#/purges/${purge.id}`;
  }

  /** Shows a refusal at the field it is about. */
  complain(error) {
    const part = this.partAbout(error);
    if (part === null) {
      setText(this.problem, error.message);
      show(this.problem, true);
      return;
    }
    part.complain(error.message);
    // After the dialog has given the focus back.
    setTimeout(() => part.control.focus());
  }

  partAbout(error) {
    if (error.code === "unknown_zone") return this.zone;
    if (error.message.startsWith("'reason'")) return this.reason;
    return [400, 413].includes(error.status) && this.method.id !== "everything" ? this.keys : null;
  }
}

function randomID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
