/**
 * What belongs to the frame on screen: a pure function of what the stream said in the last two minutes
 * before that frame, and of nothing else. So whoever is live, behind or in the replay sees the same.
 */

import { each } from "./kind";
import type { Counters, Definition, Graphic, LineOee, MediaTime, Point } from "./message";
import { TICKS } from "./message";
import type { Placed, Store } from "./store";

/** How far back a frame's data reach. What is older is not shown, to nobody. */
export const WINDOW_S = 120;
export const WINDOW_TICKS = WINDOW_S * TICKS;

/** A silence this many times as long as usual is said in words. */
const STALE_FACTOR = 3;
const STALE_LEAST_S = 5;

export type Freshness =
  | { readonly kind: "fresh" }
  /** Nothing within the window. */
  | { readonly kind: "none" }
  | { readonly kind: "stale"; readonly seconds: number };

/** One characteristic at one frame. */
export interface Instrument {
  readonly definition: Definition;
  /** Everything in the window, oldest first; for the chart, those with `plotted`. */
  readonly points: readonly Placed[];
  /** The newest measurement. */
  readonly current: Placed | null;
  readonly freshness: Freshness;
  /** Measurements of the subgroup that is being filled; 0 for individuals. */
  readonly filling: number;
  /** Rules that hold at the newest plotted point. */
  readonly signals: readonly string[];
}

export interface View {
  readonly at: MediaTime;
  /** Wall time of the frame, microseconds since 1970. */
  readonly utc: number | null;
  readonly instruments: readonly Instrument[];
  readonly counters: readonly Counters[];
  readonly lines: readonly LineOee[];
  /** What is burned into the picture. */
  readonly graphics: readonly Graphic[];
}

/** All that the page shows beside the frame at `at`. */
export function viewAt(store: Store, at: MediaTime): View {
  const from = at - WINDOW_TICKS;
  return {
    at,
    utc: store.utcAt(from, at),
    instruments: store
      .definitionsIn(from, at)
      .map((definition) => instrument(definition, store.pointsIn(definition.characteristic, from, at), at)),
    counters: store.countersIn(from, at),
    lines: store.linesIn(from, at),
    graphics: store.graphicsIn(from, at),
  };
}

function instrument(definition: Definition, points: readonly Placed[], at: MediaTime): Instrument {
  const current = points.at(-1) ?? null;
  const plotted = points.findLast(({ point }) => point.plotted !== null);
  return {
    definition,
    points,
    current,
    freshness: freshness(points, at),
    filling: filling(points, each(definition)),
    signals: plotted ? plotted.point.signals.map(({ rule }) => rule) : [],
  };
}

function freshness(points: readonly Placed[], at: MediaTime): Freshness {
  const last = points.at(-1);
  if (!last) return { kind: "none" };
  const silence = (at - last.at) / TICKS;
  const gaps = points.slice(1).map(({ at: here }, i) => (here - points[i]!.at) / TICKS);
  const usual = gaps.length ? median(gaps) : 0;
  return silence > Math.max(STALE_FACTOR * usual, STALE_LEAST_S)
    ? { kind: "stale", seconds: Math.floor(silence) }
    : { kind: "fresh" };
}

function filling(points: readonly Placed[], size: number): number {
  if (size <= 1) return 0;
  const since = points.length - 1 - points.findLastIndex(({ point }) => point.plotted !== null);
  const good = points.slice(points.length - since).filter(({ point }: { point: Point }) => point.status !== "bad");
  return Math.min(good.length, size - 1);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
