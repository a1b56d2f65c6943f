/** Which part of the programme a remark is about: marked, or else the last seconds that were seen. */

import { TICKS, type MediaTime } from "../stream/message";

export const LAST_TICKS = 10 * TICKS;

export interface Marks {
  readonly from: MediaTime | null;
  readonly to: MediaTime | null;
}

export interface Span {
  readonly from: MediaTime;
  readonly to: MediaTime;
}

export const UNMARKED: Marks = { from: null, to: null };

/** It begins at the picture on screen; an end that would come before is forgotten. */
export const markIn = (marks: Marks, at: MediaTime): Marks => ({ from: at, to: marks.to !== null && marks.to > at ? marks.to : null });

/** It ends at the picture on screen; a beginning that would come after is forgotten. */
export const markOut = (marks: Marks, at: MediaTime): Marks => ({ from: marks.from !== null && marks.from < at ? marks.from : null, to: at });

/** The span of a remark that is made while the picture at `now` is on screen. */
export function spanOf({ from, to }: Marks, now: MediaTime): Span {
  if (from === null) {
    const end = to ?? now;
    return { from: Math.max(end - LAST_TICKS, 0), to: end };
  }
  const end = to ?? now; // without an end it grows with what is seen
  return { from: Math.min(from, end), to: Math.max(from, end) };
}
