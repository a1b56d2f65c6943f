/** Gives copies of what the player loads to the worker, and keeps what it says of each segment. */

import type { Listed } from "../stream/coverage";
import { courseOf, type Course } from "./course";
import type { Source, State, Verdict } from "./verdict";
import type { Loaded } from "./worker";

export class Watch {
  private readonly worker: Worker | null;
  private readonly verdicts = new Map<number, Verdict>();
  private course: Course = { states: new Map(), missing: [] };
  private times: readonly number[] = [];

  constructor(private readonly changed: () => void) {
    this.worker = window.isSecureContext && typeof Worker !== "undefined"
      ? new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
      : null;
    this.worker?.addEventListener("message", ({ data }: MessageEvent<Verdict>) => this.hear(data));
  }

  /** Bytes of a part (with its number) or of a whole segment were loaded; `address` is theirs. */
  loaded(msn: number, part: number | null, bytes: ArrayBuffer, address: string, init: string): void {
    if (!this.worker) {
      this.hear({ msn, state: "unverified", sequence: null, reason: "this page is not secure", source: null, took: 0 });
      return;
    }
    const copy = bytes.slice(0);
    const base = new URL(".", new URL(address, location.href)).href;
    const job: Loaded = { msn, base, part, bytes: copy, init: new URL(init, location.href).href };
    this.worker.postMessage(job, [copy]);
  }

  /** Nothing more will be loaded: what is begun is finished. */
  finish(): void {
    this.worker?.postMessage("finish");
  }

  /** Whether anything can be checked here: WebCrypto is there on secure pages only. */
  get able(): boolean {
    return this.worker !== null;
  }

  /** What is known of a segment; null for one that was not loaded. */
  state(msn: number): State | null {
    return this.course.states.get(msn) ?? null;
  }

  get missing(): Course["missing"] {
    return this.course.missing;
  }

  reason(msn: number): string {
    return this.verdicts.get(msn)?.reason ?? "";
  }

  /** Who signed the newest good segment. */
  get source(): Source | null {
    let newest: Verdict | null = null;
    for (const verdict of this.verdicts.values()) {
      if (verdict.source && this.state(verdict.msn) !== "altered" && (newest === null || verdict.msn > newest.msn)) newest = verdict;
    }
    return newest?.source ?? null;
  }

  /** Since when it has been signed by whoever signs now. */
  get since(): number | null {
    const all = [...this.verdicts.values()].flatMap(({ source }) => (source ? [source.since] : []));
    return all.length ? Math.min(...all) : null;
  }

  /** How many segments are in each state; those of `listed` only, where it is given. */
  counts(listed?: readonly Listed[]): Map<State | "missing" | "unloaded", number> {
    const found = new Map<State | "missing" | "unloaded", number>();
    const add = (state: State | "missing" | "unloaded", count = 1) => found.set(state, (found.get(state) ?? 0) + count);
    if (listed) for (const { msn } of listed) add(this.state(msn) ?? "unloaded");
    else {
      for (const state of this.course.states.values()) add(state);
      for (const { count } of this.course.missing) add("missing", count);
    }
    return found;
  }

  /** Milliseconds that checking a segment takes, in the middle of the last ones; null before the first. */
  get took(): number | null {
    const sorted = [...this.times].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }

  private hear(verdict: Verdict): void {
    const before = this.verdicts.get(verdict.msn);
    // What was found wrong stays wrong, though another rendition of it may be right.
    if (before && before.state === "altered" && verdict.state !== "altered") return;
    if (verdict.state === "pending" && before && before.state !== "unverified") return;
    this.verdicts.set(verdict.msn, verdict);
    if (verdict.took > 0) this.times = [...this.times.slice(-99), verdict.took];
    this.course = courseOf(this.verdicts.values());
    this.changed();
  }
}
