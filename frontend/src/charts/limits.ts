/** Limits that differ from point to point: counts found in unequal numbers, and an EWMA's first points. */

import type { ChartLimits } from "../stream/message";

/** A point's own limits; null where the chart's hold. */
export interface Own {
  readonly limits: { readonly lower: number | null; readonly upper: number } | null;
}

/** A point's own limits, as the stream and the engineer's picture have them. */
export function ownOf(point: { readonly lower?: number | null; readonly upper?: number | null }): Own["limits"] {
  return point.upper === null || point.upper === undefined ? null : { lower: point.lower ?? null, upper: point.upper };
}

/** The limits at a point. */
export function limitsAt(common: ChartLimits, { limits }: Own): ChartLimits {
  return limits ? { center: common.center, ...limits } : common;
}

/** The limits at the newest point, and whether any point has its own. */
export function newest(common: ChartLimits | null, points: readonly Own[]): { readonly limits: ChartLimits | null; readonly uneven: boolean } {
  const last = points.at(-1);
  return {
    limits: common && last ? limitsAt(common, last) : common,
    uneven: points.some(({ limits }) => limits !== null),
  };
}

/** The widest that the limits get, for the vertical scale. */
export function widest(common: ChartLimits | null, points: readonly Own[]): ChartLimits | null {
  if (!common) return null;
  const all = points.map((point) => limitsAt(common, point));
  const lowers = [common, ...all].flatMap(({ lower }) => (lower === null ? [] : [lower]));
  const uppers = [common, ...all].flatMap(({ upper }) => (upper === null ? [] : [upper]));
  return {
    center: common.center,
    lower: lowers.length ? Math.min(...lowers) : null,
    upper: uppers.length ? Math.max(...uppers) : null,
  };
}

export interface Stair {
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
}

/** One limit as steps: each point's value from halfway to the one before until halfway to the next, the last to the edge. */
export function stairs(xs: readonly number[], ys: readonly (number | null)[], left: number, right: number): Stair[] {
  return xs.flatMap((x, i) => {
    const y = ys[i];
    if (y === null || y === undefined) return [];
    const x1 = i === 0 ? (xs.length > 1 ? x - (xs[1]! - x) / 2 : left) : (xs[i - 1]! + x) / 2;
    const x2 = i === xs.length - 1 ? right : (x + xs[i + 1]!) / 2;
    return [{ x1: Math.min(Math.max(x1, left), right), x2: Math.min(Math.max(x2, left), right), y }];
  });
}
