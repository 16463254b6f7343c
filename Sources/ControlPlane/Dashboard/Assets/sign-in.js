// Asks for a token where the control plane wants one.

import { ask, setToken } from "./api.js";
import { field, h } from "./dom.js";

/** Shows the form; `onDone(me)` once a token was accepted. `problem`: why it is asked for again. */
export function signIn(root, problem, onDone) {
  const token = field("API token", h("input", {
    type: "password", autocomplete: "off", spellcheck: "false", required: true,
  }), "Kept in this tab until you close it or sign out. Make one with: edge-purge token create");
  const button = h("button", { type: "submit", class: "primary" }, "Sign in");
  const form = h("form", { class: "card sign-in", novalidate: true },
    h("h1", {}, "Sign in"), token.element, h("div", { class: "buttons" }, button));
  token.complain(problem ?? "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = token.control.value.trim();
    if (text === "") {
      token.complain("Enter a token.");
      token.control.focus();
      return;
    }
    if (!/^[\x21-\x7e]+$/.test(text)) {
      token.complain("A token has only letters, digits and signs, and no spaces.");
      token.control.focus();
      return;
    }
    button.disabled = true;
    setToken(text);
    try {
      onDone(await ask("/v1/me"));
    } catch (error) {
      setToken(null);
      token.complain(error.status === 401 || error.status === 403
        ? "This token is not accepted." : `The control plane did not answer: ${error.message}. Try again.`);
      token.control.focus();
    } finally {
      button.disabled = false;
    }
  });
  root.replaceChildren(form);
  token.control.focus();
}
