/** How far a chart's vertical scale reaches, and where its marks stand: functions of the window alone. */

import type { ChartLimits, Specification } from "../stream/message";

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Room beyond the limits, as a share of their distance. */
const BEYOND = 0.22;
const BEYOND_POINTS = 0.12;

/**
 * The limits with some room, widened where points lie outside. Without limits it is the points' own extent,
 * and without points the specification's; so the scale stands still while the process does.
 *
 * With `floor`, the scale begins there: a spread begins at 0.
 */
export function verticalRange(
  values: readonly number[],
  limits: ChartLimits | null,
  specification: Specification | null,
  decimals: number,
  floor: number | null = null,
): Range {
  const lines = limits ? [limits.lower, limits.center, limits.upper].filter((v) => v !== null) : [];
  const base = extent(floor === null ? lines : [floor, ...lines]);
  const seen = extent(values);
  if (base && limits && base.max > base.min) {
    const room = BEYOND * (base.max - base.min);
    const calm = { min: floor ?? base.min - room, max: base.max + room };
    return seen ? widened(calm, seen, floor) : calm;
  }
  const wanted = specification ? [specification.lower, specification.upper].filter((v) => v !== null) : [];
  const around = seen ?? extent(wanted) ?? base ?? { min: 0, max: 1 };
  const least = 4 * 10 ** -decimals;
  const height = Math.max(around.max - (floor ?? around.min), least);
  if (floor !== null) return { min: floor, max: floor + height * 1.15 };
  const middle = (around.max + around.min) / 2;
  return { min: middle - height * 0.65, max: middle + height * 0.65 };
}

/** Room enough for the rings of the points outside. */
function widened(calm: Range, seen: Range, floor: number | null): Range {
  const height = Math.max(calm.max, seen.max) - Math.min(calm.min, seen.min);
  const room = BEYOND_POINTS * height;
  return {
    min: floor !== null ? Math.min(floor, seen.min) : seen.min < calm.min + room / 2 ? seen.min - room : calm.min,
    max: seen.max > calm.max - room / 2 ? seen.max + room : calm.max,
  };
}

function extent(values: readonly number[]): Range | null {
  if (values.length === 0) return null;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** Round numbers within a range, at most `most`, for a scale that is engraved and not computed. */
export function marks({ min, max }: Range, most: number): number[] {
  const rough = (max - min) / most;
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= rough - power * 1e-9)!;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Moves labels apart so that each has `height`, keeping their order and staying in [top, bottom].
 * Positions in pixels, in ascending order.
 */
export function spreadLabels(wanted: readonly number[], height: number, top: number, bottom: number): number[] {
  const placed: number[] = [];
  for (const y of wanted) placed.push(Math.max(y, (placed.at(-1) ?? -Infinity) + height, top));
  let limit = bottom;
  for (let i = placed.length - 1; i >= 0; i--) {
    placed[i] = Math.min(placed[i]!, limit);
    limit = placed[i]! - height;
  }
  return placed;
}
