/** One characteristic as an instrument's face: the reading, its state in words, and the pair of charts. */

import { clock, number } from "../format";
import { h, tell } from "../dom";
import { LANGUAGE, ruleWords, say } from "../words";
import { each, isCount, isSingle } from "../stream/kind";
import type { Definition, Point, Specification } from "../stream/message";
import type { Placed } from "../stream/store";
import type { Instrument } from "../stream/view";
import { WINDOW_S } from "../stream/view";
import { capabilityWords } from "./capability";
import { Chart, type Dot } from "./chart";
import { driverWords, faceOf, LOWER_RULES, showCaption, type Face } from "./kinds";
import { ownOf } from "./limits";

const LOCATION_HEIGHT = 124;
const SPREAD_HEIGHT = 78;

export interface Doors {
  /** Show the picture at a position of the stream. */
  seek(at: number): void;
  /** Wall time of a position, in microseconds. */
  utcAt(at: number): number | null;
  /** What a characteristic is called; its id where that is not known. */
  nameOf(characteristic: string): string;
}

export class InstrumentCard {
  readonly element: HTMLLIElement;
  private readonly reading = h("data", { class: "reading__value" }, "–");
  private readonly note = h("p", { class: "instrument__note" });
  private readonly rings = h("div", { class: "rings" });
  private readonly summary = h("p", { class: "unseen" });
  private readonly unit = h("span", { class: "reading__unit unit" });
  private readonly capability = h("p", { class: "instrument__capability", hidden: true });
  private readonly captions = { upper: h("p", { class: "chart__caption" }), lower: h("p", { class: "chart__caption" }) };
  private readonly location: Chart;
  private readonly spread: Chart;
  private shown: Instrument | null = null;
  private hovered: Placed | null = null;
  private complete = false;

  constructor(
    readonly definition: Definition,
    private readonly doors: Doors,
    private readonly parent: HTMLElement,
  ) {
    const location = h("div", { class: "chart chart--location" });
    const spread = h("div", { class: "chart chart--spread" });
    this.element = h(
      "li",
      { class: "instrument", "data-characteristic": definition.characteristic },
      h(
        "div",
        { class: "instrument__head" },
        h("h3", { class: "instrument__name" }, definition.name[LANGUAGE]),
        h("p", { class: "instrument__line" }, definition.lineName[LANGUAGE]),
        h("p", { class: "reading" }, this.reading, " ", this.unit),
        this.note,
        this.capability,
      ),
      this.summary,
      h("div", { class: "instrument__charts", "aria-hidden": true }, this.captions.upper, location, this.captions.lower, spread),
      this.rings,
    );
    this.parent.append(this.element);
    const options = {
      names: {
        upper: say("upper-limit"),
        center: say("center"),
        lower: say("lower-limit"),
        upperSpec: say("upper-spec"),
        lowerSpec: say("lower-spec"),
      },
      sync: "frame",
      hover: (dot: Dot | null) => this.hover(dot),
      pick: (dot: Dot) => doors.seek(dot.at),
    };
    this.location = new Chart(location, { ...options, height: LOCATION_HEIGHT, seconds: faceOf(definition).lower === null });
    this.spread = new Chart(spread, { ...options, height: SPREAD_HEIGHT, seconds: true });
    new ResizeObserver(() => this.resize()).observe(location);
  }

  /** Show what belongs to the frame at `at`. `complete` is false while older data are still being read. */
  show(instrument: Instrument, at: number, complete: boolean): void {
    this.shown = instrument;
    this.complete = complete;
    this.showReading(instrument);
    this.showNote();
    const { definition, points } = instrument;
    const face = this.face(instrument.definition);
    this.showCapability(instrument.definition);
    const specification = isSingle(definition) ? definition.specification : null;
    const location = points.flatMap((placed) => dot(placed, "location", specification));
    const { decimals, floor } = face.upper;
    const moved = this.location.show({ at, decimals, floor, dots: location, limits: definition.location, specification });
    if (face.lower) {
      const spread = points.flatMap((placed) => dot(placed, "spread", null));
      const { decimals, floor } = face.lower;
      this.spread.show({ at, decimals, floor, dots: spread, limits: definition.spread, specification: null });
    }
    if (moved) this.showRings(points);
    const signals = points.filter(({ point }) => point.signals.length > 0).length;
    tell(
      this.summary,
      say("chart-summary", { name: definition.name[LANGUAGE], count: location.length, signals }),
    );
  }

  repaint(): void {
    this.location.repaint();
    this.spread.repaint();
  }

  /** Captions follow the definition: what is plotted changes when a weighted chart gets its limits. */
  private face(definition: Definition): Face {
    const face = faceOf(definition);
    showCaption(this.captions.upper, face.upper);
    showCaption(this.captions.lower, face.lower);
    const hidden = face.lower === null;
    const spread = this.hostOf("spread");
    if (spread.hidden !== hidden) this.captions.lower.hidden = spread.hidden = hidden;
    this.element.classList.toggle("instrument--single", hidden);
    return face;
  }

  private showCapability({ capability }: Definition): void {
    const words = capability ? capabilityWords(capability) : "";
    tell(this.capability, words);
    this.capability.hidden = words === "";
  }

  private showReading({ current, definition, freshness }: Instrument): void {
    const decimals = isCount(definition) ? 0 : definition.decimals;
    // A chart of several characteristics has no value before it has limits.
    const shown = current && (!definition.several || current.point.location !== null) ? current : null;
    tell(this.reading, shown ? number(shown.point.value, decimals) : "–");
    const foundIn = current?.point.foundIn ?? null;
    tell(this.unit, foundIn === null ? definition.unit : say("found-in", { count: foundIn, unit: definition.unit }));
    this.reading.value = shown ? String(shown.point.value) : "";
    const { dataset } = this.reading;
    dataset["value"] = this.reading.value;
    dataset["index"] = current ? String(current.point.index) : "";
    dataset["at"] = current ? String(current.at) : "";
    dataset["complete"] = String(this.complete);
    this.element.dataset["freshness"] = freshness.kind;
    this.element.dataset["signal"] = String((this.shown?.signals.length ?? 0) > 0);
  }

  private showNote(): void {
    const instrument = this.shown;
    if (!instrument) return;
    const { text, kind } = this.hovered ? this.pointWords(this.hovered) : this.stateWords(instrument);
    tell(this.note, text);
    this.note.dataset["kind"] = kind;
  }

  private stateWords({ current, definition, freshness, filling, signals }: Instrument): Note {
    if (!current) {
      if (!this.complete) return { text: say("waiting-for-data"), kind: "soft" };
      return { text: say("no-reading-window", { minutes: WINDOW_S / 60 }), kind: "stale" };
    }
    if (freshness.kind === "stale") {
      return { text: say("no-reading", { seconds: freshness.seconds }), kind: "stale" };
    }
    const words = [clock(current.point.time)];
    if (current.point.status !== "good") words.push(say(current.point.status));
    if (current.point.late) words.push(say("late"));
    if (!isCount(definition) && outside(current.point.value, definition.specification)) words.push(say("outside-spec"));
    const newest = this.shown?.points.findLast(({ point }) => point.plotted !== null)?.point ?? current.point;
    if (signals.length > 0) {
      // The line may be cut at its end: what drives the signal stands before the point's lesser words.
      const [time = "", ...lesser] = words;
      return { text: [time, ...this.driver(newest), ...signals.map(ruleWords), ...lesser].join(say("separator")), kind: "signal" };
    }
    if (!definition.location) {
      const { collected, estimateFrom } = definition;
      words.push(
        collected === null || estimateFrom === null
          ? say("no-limits")
          : say("collecting", { count: collected, wanted: estimateFrom }),
      );
    } else if (words.length === 1) words.push(say("in-control"));
    if (definition.several && definition.several.alone > 0) words.push(say("without-partner", { count: definition.several.alone }));
    if (filling > 0) words.push(say("filling", { count: filling, size: each(definition) }));
    return { text: words.join(say("separator")), kind: "soft" };
  }

  private pointWords({ point }: Placed): Note {
    const { upper } = faceOf(this.shown?.definition ?? this.definition);
    const words = [
      clock(point.time),
      `${number(point.location ?? point.value, upper.decimals)} ${upper.unit}`.trim(),
      say(point.parts ? "observation" : "measurement", { index: point.index + 1 }),
      ...point.signals.map(({ rule }) => ruleWords(rule)),
      ...this.driver(point),
    ];
    return { text: words.join(say("separator")), kind: point.signals.length > 0 ? "signal" : "soft" };
  }

  /** What drives a point of a chart of several characteristics. */
  private driver({ location, parts }: Point): string[] {
    const members = this.definition.several?.members;
    if (!members || location === null || !parts?.length) return [];
    return [driverWords(location, parts, members.map((member) => this.doors.nameOf(member)))];
  }

  private hover(dot: Dot | null): void {
    this.hovered = dot ? (this.shown?.points.find(({ at }) => at === dot.at) ?? null) : null;
    this.showNote();
  }

  /** The rings of the chart that can be reached by touch and key; drawn on the canvas, felt here. */
  private showRings(points: readonly Placed[]): void {
    const wanted = points.filter(({ point }) => point.signals.some(({ continuing }) => !continuing));
    const known = new Map([...this.rings.children].map((ring) => [(ring as HTMLElement).dataset["index"], ring]));
    for (const placed of wanted) {
      const key = String(placed.point.index);
      const ring = (known.get(key) as HTMLElement | undefined) ?? this.ring(placed);
      known.delete(key);
      const onSpread = placed.point.signals.every(({ rule }) => LOWER_RULES.has(rule));
      const [chart, host] = onSpread ? [this.spread, this.hostOf("spread")] : [this.location, this.hostOf("location")];
      const [mark] = dot(placed, onSpread ? "spread" : "location", null);
      if (!mark) continue;
      const place = chart.placeOf(mark);
      ring.style.transform = `translate(${host.offsetLeft + place.x}px, ${host.offsetTop + place.y}px)`;
    }
    for (const gone of known.values()) gone.remove();
  }

  private hostOf(which: "location" | "spread"): HTMLElement {
    return this.element.querySelector<HTMLElement>(`.chart--${which}`)!;
  }

  private ring({ at, point }: Placed): HTMLElement {
    const rules = point.signals.filter(({ continuing }) => !continuing).map(({ rule }) => ruleWords(rule));
    const words = [clock(this.doors.utcAt(at) ?? point.time), ...rules].join(say("separator"));
    const ring = h(
      "button",
      { type: "button", class: "ring", "data-index": point.index, "aria-label": words },
      h("span", { class: "ring__words", "aria-hidden": true }, words),
    );
    ring.addEventListener("click", () => this.doors.seek(at));
    this.rings.append(ring);
    return ring;
  }

  private resize(): void {
    const width = this.hostOf("location").clientWidth;
    this.location.resize(width);
    this.spread.resize(width);
    if (this.shown) this.showRings(this.shown.points);
  }
}

interface Note {
  readonly text: string;
  readonly kind: "soft" | "stale" | "signal";
}

function dot({ at, point }: Placed, which: "location" | "spread", specification: Specification | null): Dot[] {
  const y = point[which];
  if (point.plotted === null || y === null) return [];
  const here = point.signals.filter(({ rule }) => LOWER_RULES.has(rule) === (which === "spread"));
  const begins = here.some(({ continuing }) => !continuing);
  return [
    {
      at,
      y,
      signal: begins ? "begins" : here.length > 0 ? "continues" : "none",
      outside: outside(y, specification),
      uncertain: (point as Point).status === "uncertain",
      limits: which === "location" ? ownOf(point) : null,
    },
  ];
}

function outside(value: number, specification: Specification | null): boolean {
  if (!specification) return false;
  const { lower, upper } = specification;
  return (lower !== null && value < lower) || (upper !== null && value > upper);
}
