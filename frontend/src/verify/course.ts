/**
 * Puts checked segments into their order: which stand at their own place, and which numbers nobody has.
 *
 * A pure function of what was checked, so it says the same in whatever order segments came: live, after a
 * seek, in a replay. Segments that were not played or not good stand for the numbers between.
 */

import type { State, Verdict } from "./verdict";

/** Numbers that should stand in front of a segment, and do not. */
export interface Gap {
  readonly before: number;
  readonly count: number;
}

export interface Course {
  /** By the segment's number in the playlist. */
  readonly states: ReadonlyMap<number, State>;
  readonly missing: readonly Gap[];
}

/**
 * An episode is signed under one authority: whoever puts a segment in could sign it, but not under this one.
 *
 * Which one that is, most of the segments say.
 */
function underOne(verdicts: readonly Verdict[]): Verdict[] {
  const counts = new Map<string, number>();
  for (const { source } of verdicts) if (source) counts.set(source.anchor, (counts.get(source.anchor) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const anchor = [...counts].find(([, count]) => count === most)?.[0];
  return verdicts.map((verdict) =>
    verdict.source && verdict.source.anchor !== anchor ? { ...verdict, state: "altered", sequence: null } : verdict,
  );
}

export function courseOf(verdicts: Iterable<Verdict>): Course {
  const all = underOne([...verdicts].sort((a, b) => a.msn - b.msn));
  const states = new Map(all.map(({ msn, state }) => [msn, state]));
  const good = all.filter(({ state, sequence }) => state === "valid" && sequence !== null);
  const missing: Gap[] = [];
  const seen = new Set<number>();
  let last: { msn: number; sequence: number } | null = null;
  /** The number of a segment that came too early, whose own place is still to come. */
  let early: number | null = null;
  for (const [i, { msn, sequence }] of good.entries()) {
    const number = sequence!;
    const next: number | null = good[i + 1]?.sequence ?? null;
    if (seen.has(number)) states.set(msn, "replayed");
    else if (last === null) last = { msn, sequence: number };
    else if (number < last.sequence) states.set(msn, "reordered");
    else if (early !== null && number < early) {
      states.set(msn, "reordered");
      last = { msn, sequence: early };
      early = null;
    } else {
      const gap: number = number - last.sequence - (msn - last.msn);
      if (gap > 0 && next !== null && next < number && next > last.sequence) {
        states.set(msn, "reordered");
        early = number;
      } else {
        if (gap > 0) missing.push({ before: msn, count: gap });
        last = { msn, sequence: number };
      }
    }
    seen.add(number);
  }
  return { states, missing };
}
