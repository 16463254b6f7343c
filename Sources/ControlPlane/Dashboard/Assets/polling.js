// Asks again and again while somebody looks, and never lets old figures pass for new ones.

import { APIFailure } from "./api.js";
import { clock } from "./format.js";
import { announce, setText, show } from "./dom.js";

/** What is known of the connection, over everything on the page that asks. */
class Connection {
  failing = new Map();
  heardAt = new Date();

  heard(source) {
    this.heardAt = new Date();
    const wasLost = this.failing.size > 0;
    this.failing.delete(source);
    if (wasLost && this.failing.size === 0) announce("The connection is back.");
    this.draw();
  }

  lost(source, reason) {
    this.failing.set(source, reason);
    this.draw();
  }

  forget(source) {
    this.failing.delete(source);
    this.draw();
  }

  draw() {
    const banner = document.getElementById("connection");
    const pulse = document.getElementById("pulse");
    const isLost = this.failing.size > 0;
    if (isLost) {
      const reason = this.failing.values().next().value;
      setText(banner, `${reason} What you see is from ${clock(this.heardAt)}. Trying again…`);
    }
    show(banner, isLost);
    document.body.classList.toggle("stale", isLost);
    setText(pulse, isLost ? "Not connected" : "Live");
    pulse.classList.toggle("lost", isLost);
  }
}

export const connection = new Connection();

/** Why there is no answer. */
export function sentence(error) {
  if (!(error instanceof APIFailure)) return "This page failed; load it again.";
  return error.status === 0 ? `No connection to the control plane: ${error.message}.`
    : `The control plane cannot answer now: ${error.message}.`;
}

const pauseMax = 5000;

/**
 * Runs `work(signal, heard)` every `interval` milliseconds until `signal` is aborted; at once when the page comes into
 * view again. Work that goes on for long calls `heard` whenever something arrives. A failure that passes is shown and
 * tried again; any other is handed to `onRefusal` and ends it. Returns a function that makes it run now.
 */
export function poll(interval, signal, work, onRefusal) {
  const source = Symbol("poll");
  let wake = () => {};
  const rest = (milliseconds) => new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  signal.addEventListener("abort", () => {
    connection.forget(source);
    wake();
  });
  const run = async () => {
    let failures = 0;
    while (!signal.aborted) {
      let began = performance.now();
      const heard = () => {
        began = performance.now();
        failures = 0;
        connection.heard(source);
      };
      try {
        await work(signal, heard);
        if (signal.aborted) return;
        failures = 0;
        connection.heard(source);
      } catch (error) {
        if (signal.aborted) return;
        const isAnswer = error instanceof APIFailure;
        if (!isAnswer) console.error(error);
        if (isAnswer && !error.isPassing) {
          connection.heard(source);
          onRefusal?.(error);
          return;
        }
        failures += 1;
        connection.lost(source, sentence(error));
      }
      // A large fleet makes large answers: at most a tenth of the time goes into asking.
      const took = performance.now() - began;
      const pause = failures > 0 ? Math.min(pauseMax, 500 * 2 ** failures) : Math.max(interval, took * 9);
      await rest(pause);
      while (document.hidden && !signal.aborted) await rest(1000);
    }
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); }, { signal });
  run();
  return () => wake();
}
