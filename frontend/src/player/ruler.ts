/** How the episode's ruler is divided, and which of its marks share a place: functions of lengths alone. */

import type { Mark } from "../stream/store";
import { TICKS } from "../stream/message";

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

export interface Division {
  readonly seconds: number;
  readonly major: boolean;
}

/** The divisions of a ruler of `duration` seconds over `width` pixels; majors are far enough apart for a label. */
export function divisions(duration: number, width: number, label = 64, minor = 8): Division[] {
  if (!(duration > 0) || !(width > 0)) return [];
  const perPixel = duration / width;
  const coarse = STEPS_S.find((step) => step >= label * perPixel) ?? STEPS_S.at(-1)!;
  const fine = STEPS_S.find((step) => coarse % step === 0 && step >= minor * perPixel) ?? coarse;
  const count = Math.floor(duration / fine + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => ({
    seconds: i * fine,
    major: (i * fine) % coarse === 0,
  }));
}

/** Marks that stand too near to each other to be pressed one by one. */
export interface Cluster {
  readonly marks: readonly Mark[];
  /** Where it stands, in pixels. */
  readonly x: number;
}

/** Groups marks, given in order of time, so that no two groups begin within `reach` pixels of each other. */
export function clusters(marks: readonly Mark[], duration: number, width: number, reach = 14): Cluster[] {
  const groups: { marks: Mark[]; x: number }[] = [];
  for (const mark of marks) {
    const x = Math.min((mark.at / TICKS / Math.max(duration, 1e-9)) * width, width);
    const last = groups.at(-1);
    if (last && x - last.x < reach) last.marks.push(mark);
    else groups.push({ marks: [mark], x });
  }
  return groups;
}
