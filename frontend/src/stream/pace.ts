/**
 * Keeps a live viewer at the distance that the stream asks for.
 *
 * hls.js speeds up only with more than a second in the buffer, which a player of parts never has, so it
 * would keep every delay for good. This steers by small changes of speed, and jumps when too far behind.
 */

export interface Situation {
  /** Seconds between the newest frame of the stream and the one on screen. */
  readonly latency: number;
  /** Seconds that are aimed at: what the stream asks for, and the `margin`. */
  readonly target: number;
  /** Seconds in the buffer ahead of the frame on screen. */
  readonly ahead: number;
}

export type Pace = { readonly kind: "rate"; readonly rate: number } | { readonly kind: "jump" };

/** How often to ask. */
export const PACE_MS = 200;

/** Beyond this, catching up would take longer than anyone wants to see. */
const JUMP_S = 5;
/** Within this of the target, the ear is left in peace. */
const CLOSE_S = 0.06;
const FAR_S = 0.4;
const VERY_FAR_S = 1.5;
/** Less than this ahead and the picture is about to stop. */
const THIN_S = 0.1;
/** Speeding up with less than this ahead would eat the buffer. */
const AMPLE_S = 0.3;

/** What to do now. Applies only while the viewer follows the live edge. */
export function pace({ latency, target, ahead }: Situation): Pace {
  const error = latency - target;
  if (error > JUMP_S) return { kind: "jump" };
  if (ahead < THIN_S) return { kind: "rate", rate: 0.95 };
  if (ahead > AMPLE_S && error > VERY_FAR_S) return { kind: "rate", rate: 1.2 };
  if (ahead > AMPLE_S && error > FAR_S) return { kind: "rate", rate: 1.1 };
  if (ahead > AMPLE_S && error > CLOSE_S) return { kind: "rate", rate: 1.05 };
  return { kind: "rate", rate: 1 };
}

/** How long a stop of the picture is remembered. */
const MEMORY_MS = 60_000;
const STOP_S = 0.15;
const MOST_S = 0.6;

/**
 * Seconds to stay further behind because the picture has stopped of late. It goes back by itself, so that a
 * bad minute does not cost its delay for the rest of the episode. `stops` and `now` in ms.
 */
export function margin(stops: readonly number[], now: number): number {
  return Math.min(stops.filter((at) => now - at < MEMORY_MS).length * STOP_S, MOST_S);
}
