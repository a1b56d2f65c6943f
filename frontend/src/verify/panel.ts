/** What the check has found, in a sentence and, opened, in full: who signed, since when, what is not right. */

import { h, part, tell } from "../dom";
import { position } from "../format";
import { LANGUAGE, say } from "../words";
import { TICKS } from "../stream/message";
import type { Listed } from "../stream/coverage";
import { sign } from "./line";
import { runsOf, WRONG, type Mark, type Run } from "./runs";
import type { Watch } from "./watch";

const STATES: readonly Mark[] = ["valid", "pending", "altered", "replayed", "reordered", "missing", "unsigned", "unverified"];
const MOST_LISTED = 12;
/** While it plays, the panel is written anew this often at most. */
const EVERY_MS = 500;

export type Overall = "none" | "good" | "wrong" | "unsigned" | "unable";

export class ProofPanel {
  private readonly root = part<HTMLDetailsElement>("proof");
  private readonly sentence = part("proof-sentence");
  private readonly look = part("proof-look");
  private timer = 0;
  private written = "";

  constructor(
    private readonly watch: Watch,
    private readonly doors: { listed(): readonly Listed[]; behind(): readonly Listed[]; seek(at: number): void },
  ) {
    this.root.addEventListener("toggle", () => this.write());
  }

  /** Something has changed; it is shown soon. */
  touch(): void {
    if (!this.timer) this.timer = window.setTimeout(() => this.write(), EVERY_MS);
  }

  private write(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    const counts = this.watch.counts();
    const overall = overallOf(counts, this.watch.able);
    this.root.dataset["overall"] = overall;
    for (const state of STATES) this.root.dataset[state] = String(counts.get(state) ?? 0);
    if (this.watch.took !== null) this.root.dataset["took"] = this.watch.took.toFixed(2);
    tell(this.sentence, this.sentenceOf(overall, counts));
    if (this.root.open) this.writeLook(counts);
  }

  private sentenceOf(overall: Overall, counts: ReadonlyMap<Mark | "unloaded", number>): string {
    const source = this.watch.source;
    const wrong = [...WRONG].reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
    if (overall === "unable") return say("proof-unable");
    if (overall === "wrong") return say("proof-wrong", { count: wrong });
    if (overall === "unsigned") return say("proof-not-signed");
    if (overall === "none" || !source) return say("proof-none");
    return say(source.signer.test ? "proof-good-test" : "proof-good", {
      who: source.signer.organization,
      count: counts.get("valid") ?? 0,
      time: clock(this.watch.since ?? source.since),
    });
  }

  private writeLook(counts: ReadonlyMap<Mark | "unloaded", number>): void {
    const source = this.watch.source;
    const runs = runsOf(this.doors.listed(), (msn) => this.watch.state(msn), this.watch.missing);
    const wrong = runs.filter(({ state }) => WRONG.has(state));
    const key = JSON.stringify([[...counts], source, wrong, this.behind()]);
    if (key === this.written) return;
    this.written = key;
    const rows: [string, readonly (Node | string)[]][] = [];
    if (source) {
      const { signer } = source;
      rows.push(
        [say("proof-signed-by"), [`${signer.organization} · ${signer.name}`]],
        [say("proof-since"), [moment(this.watch.since ?? source.since)]],
        [
          say("proof-authority"),
          [signer.authority, h("span", { class: "proof__note" }, say(signer.test ? "proof-test-authority" : "proof-authority-note"))],
        ],
        [say("proof-valid-until"), [moment(signer.notAfter)]],
      );
    }
    const legend = STATES.filter((state) => (counts.get(state) ?? 0) > 0).map((state) =>
      h("li", { class: "proof__state" }, sign(state), say("proof-count", { count: counts.get(state)!, state: say(`proof-${state}`) })),
    );
    rows.push([say("proof-checked"), [legend.length ? h("ul", { class: "proof__states" }, ...legend) : say("proof-none")]]);
    if (wrong.length) rows.push([say("proof-what"), [h("ul", { class: "proof__states" }, ...this.listOf(wrong))]]);
    rows.push([say("proof-numbers"), [this.behind()]]);
    this.look.replaceChildren(
      h("dl", { class: "proof__facts" }, ...rows.flatMap(([name, values]) => [h("dt", {}, name), h("dd", {}, ...values)])),
      h("p", { class: "proof__note" }, say("proof-how")),
    );
  }

  /** Which of the numbers on the page come from bytes that were checked. */
  private behind(): string {
    const counts = this.watch.counts(this.doors.behind());
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return say("proof-numbers-text", { checked: counts.get("valid") ?? 0, total });
  }

  private listOf(wrong: readonly Run[]): HTMLElement[] {
    const shown = wrong.slice(0, MOST_LISTED).map(({ state, start, count }) => {
      const at = start * TICKS;
      const button = h("button", { type: "button", class: "proof__where" }, position(at));
      button.addEventListener("click", () => this.doors.seek(at));
      return h("li", { class: "proof__state" }, sign(state), button, say("proof-count", { count, state: say(`proof-${state}`) }));
    });
    return wrong.length > MOST_LISTED ? [...shown, h("li", {}, `+ ${wrong.length - MOST_LISTED}`)] : shown;
  }
}

export function overallOf(counts: ReadonlyMap<Mark | "unloaded", number>, able: boolean): Overall {
  if (!able) return "unable";
  if ([...WRONG].some((state) => (counts.get(state) ?? 0) > 0)) return "wrong";
  if ((counts.get("unsigned") ?? 0) > 0) return "unsigned";
  return (counts.get("valid") ?? 0) > 0 ? "good" : "none";
}

const clock = (ms: number) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);

const moment = (ms: number) =>
  new Intl.DateTimeFormat(LANGUAGE === "en" ? "en-GB" : "zh-CN", { dateStyle: "medium", timeStyle: "medium", hour12: false }).format(ms);
