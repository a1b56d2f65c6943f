/** The page of components: each island in all its states, fed with data made here. */

import "uplot/dist/uPlot.min.css";
import "./styles/episode.css";
import "./styles/instrument.css";
import "./styles/design.css";
import { InstrumentCard } from "./charts/instrument";
import { TICKS, type Definition, type Point, type TimedMessage } from "./stream/message";
import { Store, type Mark } from "./stream/store";
import { viewAt } from "./stream/view";
import { Timeline } from "./player/timeline";

const AT = 150 * TICKS;
const UTC = Date.UTC(2026, 4, 4, 2, 2, 11) * 1000;

/** The same chance for every reader. */
function* chance(): Generator<number> {
  let state = 20_260_504;
  for (;;) {
    let sum = 0;
    for (let i = 0; i < 12; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      sum += state / 2 ** 32;
    }
    yield sum - 6; // nearly normal, mean 0, deviation 1
  }
}

const moisture: Definition = {
  characteristic: "moisture",
  name: { "zh-Hans": "板材含水率", en: "Board moisture" },
  unit: "%",
  line: "panels",
  lineName: { "zh-Hans": "板材与封边线", en: "Panels and edge banding" },
  decimals: 2,
  chart: "i-mr",
  size: 1,
  rules: ["nelson-1", "nelson-2"],
  specification: { lower: 6.5, target: 8, upper: 9.5, origin: null },
  location: { center: 8, lower: 7.1, upper: 8.9 },
  spread: { center: 0.34, lower: null, upper: 1.1 },
  collected: null,
  estimateFrom: null,
  weight: null,
  width: null,
  slack: null,
  decision: null,
  capability: null,
};

interface Case {
  readonly definition: Partial<Definition>;
  /** Seconds of the first and the last measurement. */
  readonly from: number;
  readonly to: number;
  /** What a measurement is like, by its number from the end. */
  readonly change?: (point: Point, fromEnd: number) => Partial<Point>;
  readonly shift?: (fromEnd: number) => number;
  readonly incomplete?: boolean;
  /** What the chart makes of the value, where it is not an individual or a subgroup. */
  readonly plot?: () => (value: number, index: number) => Partial<Point>;
}

/** Defects out of so many inspected: every point has limits of its own. */
function proportion(): (value: number, index: number) => Partial<Point> {
  return (value, index) => {
    const inspected = [80, 120, 50, 100, 140, 60][Math.floor(index / 9) % 6]!;
    const count = Math.max(Math.round(inspected * (0.06 + (value - 8) * 0.06)), 0);
    const reach = 3 * Math.sqrt((0.06 * 0.94) / inspected);
    const location = count / inspected;
    const over: Partial<Point> = location > 0.06 + reach ? { signals: [{ rule: "nelson-1", continuing: false }] } : {};
    return { value: count, foundIn: inspected, location, spread: null, lower: reach < 0.06 ? 0.06 - reach : null, upper: 0.06 + reach, ...over };
  };
}

/** A weighted mean, whose limits widen over the first points. */
function ewma(): (value: number, index: number) => Partial<Point> {
  let z = 8;
  let beyond = false;
  return (value, index) => {
    z = 0.1 * value + 0.9 * z;
    const reach = 2.7 * 0.3 * Math.sqrt((0.1 / 1.9) * (1 - 0.9 ** (2 * (index + 1))));
    const own = index < 40 ? { lower: 8 - reach, upper: 8 + reach } : {};
    const continuing = beyond;
    beyond = Math.abs(z - 8) > reach;
    return { location: z, spread: null, ...own, signals: beyond ? [{ rule: "ewma-limits", continuing }] : [] };
  };
}

/** Two sums, of what lies above and below the target. */
function cusum(): (value: number, index: number) => Partial<Point> {
  let [high, low] = [0, 0];
  return (value) => {
    const before = high;
    const score = (value - 8) / 0.3;
    [high, low] = [Math.max(0, high + score - 0.5), Math.max(0, low - score - 0.5)];
    return { location: high, spread: low, signals: high > 5 ? [{ rule: "cusum-upper", continuing: before > 5 }] : [] };
  };
}

const cases: Readonly<Record<string, Case>> = {
  steady: { definition: {}, from: 20, to: 149 },
  signal: {
    definition: {},
    from: 20,
    to: 149,
    shift: (n) => (n < 7 ? 1.5 - n * 0.2 : 0),
    change: ({ value }, n) => (value > 8.9 ? { signals: [{ rule: "nelson-1", continuing: n < 3 }] } : {}),
  },
  outside: { definition: {}, from: 20, to: 149, shift: (n) => (n === 0 ? -2.2 : 0), change: (_p, n) => (n === 0 ? { signals: [{ rule: "nelson-1", continuing: false }, { rule: "spread-limits", continuing: false }] } : {}) },
  subgroups: {
    definition: { chart: "xbar-r", size: 5, unit: "N/mm", name: { "zh-Hans": "封边剥离力", en: "Edge-band peel force" }, location: { center: 8, lower: 7.6, upper: 8.4 }, spread: { center: 0.7, lower: null, upper: 1.48 } },
    from: 20,
    to: 149,
  },
  proportion: {
    definition: { chart: "p", unit: "", decimals: 3, name: { "zh-Hans": "封边外观缺陷", en: "Edge-band defects" }, specification: null, location: { center: 0.06, lower: null, upper: null }, spread: null },
    from: 20,
    to: 149,
    plot: proportion,
  },
  ewma: {
    definition: { chart: "ewma", weight: 0.1, width: 2.7, specification: null, location: { center: 8, lower: 7.814, upper: 8.186 }, spread: null },
    from: 60,
    to: 149,
    shift: (n) => (n < 8 ? 0.5 : 0),
    plot: ewma,
  },
  cusum: {
    definition: { chart: "cusum", slack: 0.5, decision: 5, specification: null, location: { center: 0, lower: null, upper: 5 }, spread: { center: 0, lower: null, upper: 5 } },
    from: 20,
    to: 149,
    shift: (n) => (n < 10 ? 0.6 : 0),
    plot: cusum,
  },
  capability: {
    definition: { capability: { time: UTC, values: 1240, cpk: 1.41, cpkLow: 1.35, cpkHigh: 1.47, ppk: 1.36, ppkLow: 1.3, ppkHigh: 1.42, stable: true, provisional: false, normal: true } },
    from: 20,
    to: 149,
  },
  collecting: { definition: { location: null, spread: null, specification: null, collected: 12, estimateFrom: 25 }, from: 138, to: 149 },
  uncertain: { definition: {}, from: 20, to: 149, change: (_p, n) => (n < 3 ? { status: "uncertain" as const } : {}) },
  late: { definition: {}, from: 20, to: 149, change: (_p, n) => (n === 0 ? { late: true } : {}) },
  bad: { definition: {}, from: 20, to: 149, change: (_p, n) => (n === 0 ? { status: "bad" as const, plotted: null, location: null, spread: null } : {}) },
  stale: { definition: {}, from: 20, to: 118 },
  none: { definition: {}, from: 0, to: -1 },
  loading: { definition: {}, from: 0, to: -1, incomplete: true },
};

function messages({ definition: changes, from, to, change, shift, plot: own }: Case): TimedMessage[] {
  const definition = { ...moisture, ...changes };
  const random = chance();
  const made: TimedMessage[] = [
    { at: AT, message: { type: "definitions", characteristics: [definition], lines: [] } },
  ];
  const count = Math.max(to - from + 1, 0);
  let group: number[] = [];
  let before: number | null = null;
  const plot = own?.();
  for (let index = 0; index < count; index++) {
    const second = from + index;
    const fromEnd = count - 1 - index;
    const value = 8 + 0.3 * random.next().value! + (shift?.(fromEnd) ?? 0);
    group.push(value);
    const full = group.length === definition.size;
    const single = definition.size === 1;
    const point: Point = {
      characteristic: definition.characteristic,
      index,
      time: UTC + (second - 150) * 1e6,
      value,
      status: "good",
      late: false,
      plotted: full ? Math.floor(index / definition.size) : null,
      location: full ? group.reduce((sum, v) => sum + v, 0) / group.length : null,
      spread: !full ? null : single ? (before === null ? null : Math.abs(value - before)) : Math.max(...group) - Math.min(...group),
      signals: [],
      foundIn: null,
      lower: null,
      upper: null,
    };
    if (full) group = [];
    before = value;
    made.push({
      at: second * TICKS,
      message: { type: "data", utc: point.time, points: [{ ...point, ...plot?.(value, index), ...change?.(point, fromEnd) }], counters: [] },
    });
  }
  return made;
}

for (const list of document.querySelectorAll<HTMLElement>('[data-specimen="instrument"]')) {
  for (const [name, one] of Object.entries(cases)) {
    const store = new Store();
    store.add(messages(one));
    const [instrument] = viewAt(store, AT).instruments;
    if (!instrument) continue;
    const card = new InstrumentCard(
      instrument.definition,
      { seek: () => undefined, utcAt: () => null, nameOf: (characteristic: string) => characteristic },
      list,
    );
    card.element.dataset["case"] = name;
    card.show(instrument, AT, one.incomplete !== true);
  }
}

const marks: Mark[] = [31, 214, 216, 219, 222, 544, 1130, 1139, 1466].map((second, index) => ({
  at: second * TICKS,
  index,
  characteristic: "moisture",
  rule: index % 3 === 0 ? "nelson-2" : "nelson-1",
}));

const rulerDoors = { seek: () => undefined, nameOf: () => moisture.name };

for (const host of document.querySelectorAll<HTMLElement>('[data-specimen="timeline"]')) {
  new Timeline(host, rulerDoors).show(1204 * TICKS, 1560, marks);
}
for (const host of document.querySelectorAll<HTMLElement>('[data-specimen="timeline-empty"]')) {
  new Timeline(host, rulerDoors).show(0, 0, []);
}
