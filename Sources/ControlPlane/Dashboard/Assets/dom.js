// Builds elements. Text goes in as text nodes and nowhere else, so nothing that a purge or an agent says can become
// markup.

const svgNamespace = "http://www.w3.org/2000/svg";

/** An HTML element. A function as attribute is a listener; true, false and null set or leave out the attribute. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(svgNamespace, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let lastNumber = 0;

/** An id that no other element of the page has. */
export function freshID(word) {
  lastNumber += 1;
  return `${word}-${lastNumber}`;
}

/** Sets the text only where it differs, so that a screen reader does not read it again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides an element. */
export function show(element, isShown) {
  element.toggleAttribute("hidden", !isShown);
}

/** Says something to a screen reader. */
export function announce(text) {
  setText(document.getElementById("announcer"), text);
}

/** A label, a control below it, help, and a place for what is wrong with it. */
export function field(label, control, help) {
  control.id ||= freshID("field");
  const helpLine = help === undefined ? null : h("p", { class: "help", id: `${control.id}-help` }, help);
  const errorLine = h("p", { class: "error", id: `${control.id}-error`, hidden: true });
  control.setAttribute("aria-describedby", [helpLine?.id, errorLine.id].filter(Boolean).join(" "));
  const labelElement = h("label", { for: control.id }, label);
  const element = h("div", { class: "field" }, labelElement, control, helpLine, errorLine);
  return {
    element, control, label: labelElement, help: helpLine,
    /** Shows what is wrong; an empty text: nothing. */
    complain(text) {
      setText(errorLine, text);
      show(errorLine, text !== "");
      if (text === "") control.removeAttribute("aria-invalid");
      else control.setAttribute("aria-invalid", "true");
    },
  };
}

/** Radio buttons that look like one bar. `options`: [value, text]. */
export function choice(legend, options, selected, onChange) {
  const name = freshID("choice");
  const inputs = options.map(([value]) =>
    h("input", {
      type: "radio", name, id: `${name}-${value}`, value, checked: value === selected,
      change: (event) => onChange(event.target.value),
    }));
  const items = options.map(([value, text], index) => [inputs[index], h("label", { for: `${name}-${value}` }, text)]);
  const element = h("fieldset", { class: "choice" }, h("legend", {}, legend), h("div", { class: "segments" }, items));
  return {
    element,
    get value() { return inputs.find((input) => input.checked)?.value; },
    disable(isDisabled) { element.disabled = isDisabled; },
  };
}
