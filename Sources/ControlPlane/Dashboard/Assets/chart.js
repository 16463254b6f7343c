// Time to confirmed over time, as lines and as a table.

import { choice, h, setText, show, svg } from "./dom.js";
import { count, duration, shortClock } from "./format.js";

const margin = { top: 12, right: 12, bottom: 24, left: 58 };
const height = 210;

/** Draws `/v1/times`. `onWindow(window)` when somebody wants another one. */
export class TimesChart {
  constructor(onWindow) {
    this.window = "1h";
    this.choice = choice("Time span", [["1h", "Hour"], ["24h", "Day"]], this.window, (value) => {
      this.window = value;
      onWindow(value);
    });
    this.summary = h("p", { class: "figures" });
    this.readout = h("p", { class: "readout", "aria-hidden": "true" });
    this.picture = svg("svg", { class: "chart", role: "img", height, "aria-label": "Time to confirmed" });
    this.picture.addEventListener("pointermove", (event) => this.point(event));
    this.picture.addEventListener("pointerleave", () => this.unpoint());
    this.rows = h("tbody", {});
    this.element = h("div", {},
      h("div", { class: "chart-head" }, this.summary, this.choice.element),
      h("div", { class: "legend", "aria-hidden": "true" },
        h("span", { class: "key p50" }, "p50"), h("span", { class: "key p99" }, "p99"), this.readout),
      this.picture,
      h("details", {}, h("summary", {}, "The same as a table"),
        h("div", {
          class: "table scroll", tabindex: "0", role: "region", "aria-label": "Time to confirmed, as a table",
        },
          h("table", {}, h("caption", { class: "unseen" }, "Time to confirmed"),
            h("thead", {}, h("tr", {}, ["From", "Purges", "p50", "p99"].map((title, index) =>
              h("th", { scope: "col", class: index > 0 ? "number" : null }, title)))),
            this.rows))));
    new ResizeObserver(() => { if (this.times) this.draw(); }).observe(this.picture);
  }

  update(times) {
    this.times = times;
    this.draw();
  }

  draw() {
    const { times } = this;
    const points = times.points.filter((point) => point.p99_ms !== undefined && point.p99_ms !== null)
      .map((point) => ({ ...point, date: new Date(point.at) }))
      .filter((point) => point.date >= Date.now() - times.window_s * 1000);
    const span = times.window_s >= 86400 ? "day" : "hour";
    setText(this.summary, times.count === 0 ? `No purge was confirmed in the last ${span}.`
      : `Last ${span}: ${count(times.count)} confirmed, p50 ${duration(times.p50_ms)}, `
        + `p99 ${duration(times.p99_ms)}, slowest ${duration(times.max_ms)}`);
    this.picture.setAttribute("aria-label", `Time to confirmed. ${this.summary.textContent}`);
    this.rows.replaceChildren(...points.toReversed().map((point) => h("tr", {},
      h("th", { scope: "row" }, shortClock(point.date)), h("td", { class: "number" }, count(point.count)),
      h("td", { class: "number" }, duration(point.p50_ms)), h("td", { class: "number" }, duration(point.p99_ms)))));
    this.drawLines(points);
  }

  drawLines(points) {
    const { times } = this;
    const width = Math.max(240, this.picture.clientWidth);
    const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
    const end = Date.now();
    const start = end - times.window_s * 1000;
    const top = niceTop(Math.max(1, ...points.map((point) => point.p99_ms)));
    const x = (time) => margin.left + ((time - start) / (end - start)) * inner.width;
    const y = (value) => margin.top + (1 - value / top) * inner.height;
    this.scale = { x, y, points, bottom: margin.top + inner.height };
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.cursor = svg("g", { class: "cursor" });
    show(this.cursor, false);
    this.picture.replaceChildren(
      ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => this.level(part * top, width)),
      ...this.hours(start, end, inner.width).flatMap((time) => this.hour(time)),
      ...this.line(points, "p99_ms", "p99"), ...this.line(points, "p50_ms", "p50"), this.cursor);
    this.unpoint();
  }

  level(value, width) {
    const { y } = this.scale;
    return [
      svg("line", {
        class: value === 0 ? "base" : "grid", x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value),
      }),
      svg("text", { x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, duration(value)),
    ];
  }

  /** Whole hours or minutes, as many as there is room for. */
  hours(start, end, width) {
    const steps = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * 60000);
    const step = steps.find((each) => ((end - start) / each) * 64 <= width) ?? steps.at(-1);
    // Whole in the time zone of the reader.
    const shift = new Date(end).getTimezoneOffset() * 60000;
    const first = Math.ceil((start - shift) / step) * step + shift;
    return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, index) => first + index * step);
  }

  hour(time) {
    return [svg("text", { x: this.scale.x(time), y: height - 6, "text-anchor": "middle" }, shortClock(new Date(time)))];
  }

  /** A line that breaks where nothing was confirmed. */
  line(points, field, name) {
    const { x, y } = this.scale;
    const gap = this.times.step_s * 1500;
    const runs = [];
    points.forEach((point, index) => {
      if (index === 0 || point.date - points[index - 1].date > gap) runs.push([]);
      runs.at(-1).push([x(point.date.getTime()), y(point[field])]);
    });
    return runs.map((run) => run.length === 1
      ? svg("circle", { class: `dot ${name}`, cx: run[0][0], cy: run[0][1], r: 2.5 })
      : svg("polyline", {
        class: `line ${name}`, points: run.map((pair) => pair.map((each) => each.toFixed(1)).join(",")).join(" "),
      }));
  }

  point(event) {
    const { points, x, y, bottom } = this.scale ?? { points: [] };
    if (points.length === 0) return;
    const place = event.clientX - this.picture.getBoundingClientRect().left;
    const near = points.reduce((best, each) =>
      Math.abs(x(each.date.getTime()) - place) < Math.abs(x(best.date.getTime()) - place) ? each : best);
    const at = x(near.date.getTime());
    this.cursor.replaceChildren(
      svg("line", { x1: at, x2: at, y1: margin.top, y2: bottom }),
      svg("circle", { class: "dot p99", cx: at, cy: y(near.p99_ms), r: 4 }),
      svg("circle", { class: "dot p50", cx: at, cy: y(near.p50_ms), r: 4 }));
    show(this.cursor, true);
    setText(this.readout,
      `${shortClock(near.date)}: p50 ${duration(near.p50_ms)}, `
        + `p99 ${duration(near.p99_ms)}, ${count(near.count)} confirmed`);
  }

  unpoint() {
    if (this.cursor) show(this.cursor, false);
    setText(this.readout, "");
  }
}

/** The next number that reads well when it is quartered: 120, 160, 200, 240, 320, ... */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const tops = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].map((step) => Math.round(step * power));
  return Math.max(4, tops.find((top) => top >= value) ?? 10 * power);
}
