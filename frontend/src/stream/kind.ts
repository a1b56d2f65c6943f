/** What kinds of chart there are, as far as reading the stream needs to know. */

const PROPORTIONS = new Set(["p", "laney-p"]);
const PER_UNIT = new Set(["u", "laney-u"]);
const COUNTS = new Set([...PROPORTIONS, ...PER_UNIT, "np", "c"]);
const WEIGHTED = new Set(["ewma", "cusum"]);

interface Kind {
  readonly chart: string;
}

/** Counts out of so many inspected. */
export const isProportion = ({ chart }: Kind): boolean => PROPORTIONS.has(chart);

/** Counts in so many units. */
export const isPerUnit = ({ chart }: Kind): boolean => PER_UNIT.has(chart);

/** Whether the measurements are counts. */
export const isCount = ({ chart }: Kind): boolean => COUNTS.has(chart);

/** Whether a chart remembers all its points. */
export const isWeighted = ({ chart }: Kind): boolean => WEIGHTED.has(chart);

/** Measurements in a point. */
export const each = ({ chart, size }: Kind & { readonly size: number }): number => (COUNTS.has(chart) ? 1 : size);

/** Whether every plotted point is one measurement as it was made, so that a specification can be held against it. */
export const isSingle = ({ chart, size }: Kind & { readonly size: number }): boolean =>
  size === 1 && !COUNTS.has(chart) && !WEIGHTED.has(chart);
