/** The check of an episode as stretches of one state: what the line along the ruler shows. */

import type { Listed } from "../stream/coverage";
import type { Gap } from "./course";
import type { State } from "./verdict";

export type Mark = State | "missing";

/** What is not as it should be, and so must be seen however short it is. */
export const WRONG: ReadonlySet<Mark> = new Set<Mark>(["altered", "replayed", "reordered", "missing"]);

export interface Run {
  readonly state: Mark;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** Segments, or numbers that are missing. */
  readonly count: number;
}

/** The stretches of equal state in a playlist's order; segments that were not loaded have none. */
export function runsOf(listed: readonly Listed[], state: (msn: number) => State | null, missing: readonly Gap[]): Run[] {
  const runs: Run[] = [];
  const gaps = new Map(missing.map(({ before, count }) => [before, count]));
  for (const { msn, start, duration } of listed) {
    const gap = gaps.get(msn);
    if (gap !== undefined) runs.push({ state: "missing", start, end: start, count: gap });
    const here = state(msn);
    if (here === null) continue;
    const last = runs.at(-1);
    if (last && last.state === here && Math.abs(last.end - start) < 0.05) {
      runs[runs.length - 1] = { ...last, end: start + duration, count: last.count + 1 };
    } else runs.push({ state: here, start, end: start + duration, count: 1 });
  }
  return runs;
}
