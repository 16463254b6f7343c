// Questions that must be answered before something happens.

import { field, freshID, h } from "./dom.js";

/**
 * Asks before something that cannot be taken back. Escape and Cancel do nothing.
 *
 * `action()` runs on confirmation; the dialog stays, with the message, when it throws, so that nothing has to be typed
 * again. With `typed`, that word has to be written first.
 */
export function confirm({ title, content, verb, isDangerous, typed, action }) {
  const titleID = freshID("title");
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const submit = h("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, verb);
  const cancel = h("button", { type: "button" }, "Cancel");
  const proof = typed === undefined ? null : field(
    `Type ${typed} to confirm`,
    h("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false" }));
  const form = h("form", { method: "dialog", novalidate: true },
    h("h2", { id: titleID }, title), content, proof?.element, problem,
    h("div", { class: "buttons" }, cancel, submit));
  const dialog = h("dialog", { "aria-labelledby": titleID }, form);
  const isProven = () => proof === null || proof.control.value.trim() === typed;
  let isBusy = false;

  submit.disabled = !isProven();
  proof?.control.addEventListener("input", () => { submit.disabled = !isProven(); });
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("cancel", (event) => { if (isBusy) event.preventDefault(); });
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy || !isProven()) return;
    isBusy = true;
    submit.disabled = true;
    cancel.disabled = true;
    problem.hidden = true;
    try {
      await action();
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      isBusy = false;
      submit.disabled = !isProven();
      cancel.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  // Enter must not confirm what nobody has read.
  (proof?.control ?? cancel).focus();
}
