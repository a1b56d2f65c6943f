/** The check along the ruler: one run for each stretch of one state, told apart by colour and by shape. */

import { h } from "../dom";
import { say } from "../words";
import { WRONG, type Mark, type Run } from "./runs";

export class ProofLine {
  private shown = "";

  constructor(private readonly host: HTMLElement) {
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", say("proof-line-empty"));
  }

  show(runs: readonly Run[], duration: number): void {
    const key = JSON.stringify(runs) + (duration > 0 ? Math.round(duration) : 0);
    if (key === this.shown || !(duration > 0)) return;
    this.shown = key;
    // What is wrong stands on top of what is right.
    const order = [...runs].sort((a, b) => Number(WRONG.has(a.state)) - Number(WRONG.has(b.state)));
    this.host.replaceChildren(...order.map((run) => element(run, duration)));
    const counts = new Map<Mark, number>();
    for (const { state, count } of runs) counts.set(state, (counts.get(state) ?? 0) + count);
    const words = [...counts].map(([state, count]) => say("proof-count", { count, state: say(`proof-${state}`) }));
    this.host.setAttribute("aria-label", words.length ? say("proof-line", { words: words.join(say("semicolon")) }) : say("proof-line-empty"));
  }
}

function element({ state, start, end }: Run, duration: number): HTMLElement {
  const run = h("span", { class: "proof-run", "data-proof": state });
  if (WRONG.has(state)) run.append(sign(state));
  run.style.left = `${(start / duration) * 100}%`;
  run.style.width = `${((end - start) / duration) * 100}%`;
  return run;
}

/** The shape of a state: drawn by the style sheet, so that it is the same wherever it stands. */
export function sign(state: Mark): HTMLElement {
  return h("span", { class: "proof-sign", "data-proof": state, "aria-hidden": true });
}
