// A table whose rows stay where they are while their figures change, so that focus and selection survive each update.

import { h, show, setText } from "./dom.js";

/**
 * `columns`: { title, className, value(item), render(item), header }.
 * `value` is what is shown, or, with `render`, what decides whether the cell is made anew.
 * One column may be the `header` of its row. `key(item)` names a row. One with `isOptional` is there only while an item
 * has a value for it.
 */
export class Table {
  constructor({ caption, columns, key, empty }) {
    this.columns = columns;
    this.key = key;
    this.rows = new Map();
    this.body = h("tbody", { role: "rowgroup" });
    this.nothing = h("p", { class: "nothing", hidden: true }, empty ?? "Nothing here.");
    this.titles = columns.map((column) =>
      h("th", { scope: "col", role: "columnheader", class: column.className },
        column.isTitleUnseen ? h("span", { class: "unseen" }, column.title) : column.title));
    this.table = h("table", { role: "table" },
      h("caption", { class: "unseen" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, this.titles)), this.body);
    this.isNeeded = columns.map((column) => !column.isOptional);
    this.element = h("div", { class: "table" }, this.table, this.nothing);
  }

  /** Shows exactly these items, in this order. */
  update(items) {
    this.columns.forEach((column, index) => {
      if (!column.isOptional) return;
      this.isNeeded[index] = items.some((item) => String(column.value(item) ?? "") !== "");
      show(this.titles[index], this.isNeeded[index]);
    });
    const kept = new Set();
    let place = this.body.firstElementChild;
    for (const item of items) {
      const key = this.key(item);
      kept.add(key);
      let row = this.rows.get(key);
      if (row === undefined) {
        row = this.makeRow();
        this.rows.set(key, row);
      }
      this.fill(row, item);
      if (row.element === place) place = place.nextElementSibling;
      else this.body.insertBefore(row.element, place);
    }
    for (const [key, row] of this.rows) {
      if (kept.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    show(this.table, items.length > 0);
    show(this.nothing, items.length === 0);
  }

  makeRow() {
    const cells = this.columns.map((column) =>
      h(column.header ? "th" : "td", {
        role: column.header ? "rowheader" : "cell", scope: column.header ? "row" : null,
        class: column.className, "data-title": column.isTitleUnseen ? null : column.title,
      }));
    return { element: h("tr", { role: "row" }, cells), cells, shown: cells.map(() => undefined) };
  }

  fill(row, item) {
    this.columns.forEach((column, index) => {
      if (column.isOptional) show(row.cells[index], this.isNeeded[index]);
      const value = String(column.value(item) ?? "");
      if (row.shown[index] === value) return;
      row.shown[index] = value;
      const cell = row.cells[index];
      cell.classList.toggle("blank", value === "");
      if (column.render === undefined) setText(cell, value);
      else cell.replaceChildren(...[column.render(item)].flat(Infinity));
    });
  }
}
