/** One control chart: a location or a spread over the two minutes before the frame, drawn by uPlot. */

import uPlot from "uplot";
import type { ChartLimits, Specification } from "../stream/message";
import { TICKS } from "../stream/message";
import { WINDOW_S } from "../stream/view";
import { number } from "../format";
import { cross, disc, drawStairs, font, FONT_PX, line, ring } from "./ink";
import { limitsAt, newest, widest, type Own } from "./limits";
import { paletteOf, type Palette } from "./palette";
import { marks, spreadLabels, verticalRange } from "./scale";

/** A plotted point as a chart draws it. */
export interface Dot extends Own {
  /** Position in the stream, in ticks. */
  readonly at: number;
  readonly y: number;
  /** Whether a rule holds here, and whether it begins to. */
  readonly signal: "none" | "begins" | "continues";
  readonly outside: boolean;
  readonly uncertain: boolean;
}

/** What a chart shows. */
export interface Picture {
  readonly at: number;
  readonly dots: readonly Dot[];
  readonly limits: ChartLimits | null;
  readonly specification: Specification | null;
  readonly decimals: number;
  /** Where the vertical scale begins; null where it depends on the limits. */
  readonly floor: number | null;
}

/** Names of the lines, in the reader's language. */
export interface Names {
  readonly upper: string;
  readonly center: string;
  readonly lower: string;
  readonly upperSpec: string;
  readonly lowerSpec: string;
}

export interface Options {
  readonly height: number;
  /** Whether the engraved scale of seconds stands below. */
  readonly seconds: boolean;
  readonly names: Names;
  /** Charts with the same key show the cursor together. */
  readonly sync: string;
  /** The dot under the cursor. */
  readonly hover: (dot: Dot | null) => void;
  /** A dot was pressed. */
  readonly pick: (dot: Dot) => void;
}

const LEFT = 44;
const RIGHT = 66;
const PAST_FRAME_S = 2;
const SCALE_HEIGHT = 18;

export class Chart {
  private readonly plot: uPlot;
  private palette: Palette;
  private picture: Picture = { at: 0, dots: [], limits: null, specification: null, decimals: 0, floor: null };
  private range = { min: 0, max: 1 };

  constructor(
    private readonly host: HTMLElement,
    private readonly options: Options,
  ) {
    this.palette = paletteOf(host);
    this.plot = new uPlot(this.settings(), [[], []], host);
    this.plot.over.addEventListener("click", () => {
      const dot = this.pointed();
      if (dot) options.pick(dot);
    });
  }

  /** Draw, and say so; nothing is done where not one pixel would differ. */
  show(picture: Picture): boolean {
    const before = this.picture;
    const same =
      before.dots.length === picture.dots.length &&
      before.dots.at(-1)?.at === picture.dots.at(-1)?.at &&
      before.dots[0]?.at === picture.dots[0]?.at &&
      before.limits === picture.limits;
    const pixel = (WINDOW_S * TICKS) / Math.max(this.plot.bbox.width, 1);
    if (same && Math.abs(picture.at - before.at) < pixel && this.drawn) return false;
    this.drawn = true;
    this.picture = picture;
    const ys = picture.dots.map(({ y }) => y);
    const reach = widest(picture.limits, picture.dots);
    this.range = verticalRange(ys, reach, picture.specification, picture.decimals, picture.floor);
    this.plot.setData([picture.dots.map(({ at }) => at / TICKS), ys], true);
    return true;
  }

  private drawn = false;

  /** Where a dot is, in CSS pixels from the chart's top left corner. */
  placeOf(dot: Dot): { readonly x: number; readonly y: number } {
    return {
      x: LEFT + this.plot.valToPos(dot.at / TICKS, "x"),
      y: this.plot.valToPos(dot.y, "y"),
    };
  }

  resize(width: number): void {
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: this.options.height });
  }

  repaint(): void {
    this.palette = paletteOf(this.host);
    this.plot.redraw(false, false);
  }

  private settings(): uPlot.Options {
    const { height, seconds, sync } = this.options;
    return {
      width: Math.max(this.host.clientWidth, 200),
      height,
      padding: [6, RIGHT, seconds ? SCALE_HEIGHT : 6, LEFT],
      legend: { show: false },
      cursor: { sync: { key: sync, scales: ["x", null] }, drag: { x: false, y: false }, y: false, points: { show: false } },
      scales: {
        x: {
          time: false,
          range: () => [this.picture.at / TICKS - WINDOW_S, this.picture.at / TICKS + PAST_FRAME_S],
        },
        y: { range: () => [this.range.min, this.range.max] },
      },
      axes: [{ show: false }, { show: false }],
      series: [{}, { stroke: () => this.palette["trace-soft"], width: 1, points: { show: false } }],
      hooks: {
        drawClear: [() => this.drawGround()],
        draw: [() => this.drawDots()],
        setCursor: [() => this.options.hover(this.pointed())],
      },
    };
  }

  private pointed(): Dot | null {
    const { idx, left } = this.plot.cursor;
    return typeof idx === "number" && (left ?? -1) >= 0 ? (this.picture.dots[idx] ?? null) : null;
  }

  private drawGround(): void {
    const { ctx, bbox } = this.plot;
    const { specification } = this.picture;
    const ratio = devicePixelRatio;
    ctx.save();
    if (specification) {
      const top = this.y(specification.upper ?? Infinity);
      const bottom = this.y(specification.lower ?? -Infinity);
      ctx.fillStyle = this.palette.specification;
      if (bottom > top) ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    }
    this.drawScale(ctx, ratio);
    this.drawLines(ctx, ratio);
    ctx.restore();
  }

  private drawScale(ctx: CanvasRenderingContext2D, ratio: number): void {
    const { bbox } = this.plot;
    ctx.font = font(ratio);
    ctx.fillStyle = this.palette["ink-soft"];
    ctx.strokeStyle = this.palette.line;
    ctx.lineWidth = ratio;
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    const most = Math.max(Math.floor(bbox.height / ratio / 26), 2);
    for (const mark of marks(this.range, most)) {
      const y = this.y(mark);
      line(ctx, bbox.left - 4 * ratio, y, bbox.left, y);
      ctx.fillText(number(mark, this.decimalsOf(mark)), bbox.left - 7 * ratio, y);
    }
    line(ctx, bbox.left, bbox.top, bbox.left, bbox.top + bbox.height);
    if (this.options.seconds) this.drawSeconds(ctx, ratio);
  }

  private decimalsOf(mark: number): number {
    const { decimals } = this.picture;
    const needed = [0, 1, 2, 3, 4, 5, 6].find((d) => Math.abs(mark - Number(mark.toFixed(d))) < 10 ** -(decimals + 3));
    return Math.min(needed ?? decimals, decimals + 1);
  }

  private drawSeconds(ctx: CanvasRenderingContext2D, ratio: number): void {
    const { bbox } = this.plot;
    const bottom = bbox.top + bbox.height;
    const now = this.picture.at / TICKS;
    line(ctx, bbox.left, bottom, bbox.left + bbox.width, bottom);
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    for (let second = -WINDOW_S; second <= 0; second += 10) {
      const x = this.plot.valToPos(now + second, "x", true);
      const major = second % 30 === 0;
      line(ctx, x, bottom, x, bottom + (major ? 5 : 3) * ratio);
      if (major && second > -WINDOW_S) {
        ctx.fillText(second === 0 ? "0 s" : number(second, 0), x, bottom + 6 * ratio);
      }
    }
  }

  private drawLines(ctx: CanvasRenderingContext2D, ratio: number): void {
    const { bbox } = this.plot;
    const right = bbox.left + bbox.width;
    const { uneven } = newest(this.picture.limits, this.picture.dots);
    const lines = this.lines().filter(({ value }) => value >= this.range.min && value <= this.range.max);
    const places = spreadLabels(
      lines.map(({ value }) => this.y(value)),
      (FONT_PX + 2) * ratio,
      bbox.top + (FONT_PX / 2) * ratio,
      bbox.top + bbox.height - (FONT_PX / 2) * ratio,
    );
    ctx.font = font(ratio);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    lines.forEach(({ value, name, colour, dash }, i) => {
      const y = this.y(value);
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.lineWidth = ratio;
      ctx.setLineDash(dash.map((length) => length * ratio));
      if (dash.length === 0 && uneven && colour === this.palette.limit) this.drawOwn(ctx, name === this.options.names.upper);
      else line(ctx, bbox.left, y, right, y);
      ctx.setLineDash([]);
      ctx.fillText(`${name} ${number(value, this.picture.decimals)}`, right + 5 * ratio, places[i]!);
    });
  }

  /** A limit that differs from point to point. */
  private drawOwn(ctx: CanvasRenderingContext2D, upper: boolean): void {
    const { limits, dots } = this.picture;
    if (!limits) return;
    const xs = dots.map(({ at }) => this.plot.valToPos(at / TICKS, "x", true));
    const ys = dots.map((dot) => limitsAt(limits, dot)[upper ? "upper" : "lower"]);
    drawStairs(ctx, this.plot.bbox, xs, ys, (value) => this.y(value));
  }

  /** From the top of the chart downward. */
  private lines(): { value: number; name: string; colour: string; dash: number[] }[] {
    const { specification, dots } = this.picture;
    const { limits } = newest(this.picture.limits, dots);
    const { names } = this.options;
    const { limit, "specification-ink": spec } = this.palette;
    const lines = [
      { value: limits?.upper, name: names.upper, colour: limit, dash: [] },
      { value: limits?.center, name: names.center, colour: limit, dash: [1, 3] },
      { value: limits?.lower, name: names.lower, colour: limit, dash: [] },
      { value: specification?.upper, name: names.upperSpec, colour: spec, dash: [] },
      { value: specification?.lower, name: names.lowerSpec, colour: spec, dash: [] },
    ];
    return lines
      .flatMap(({ value, ...rest }) => (value === null || value === undefined ? [] : [{ value, ...rest }]))
      .sort((a, b) => b.value - a.value);
  }

  private drawDots(): void {
    const { ctx, bbox } = this.plot;
    const ratio = devicePixelRatio;
    const { dots, at } = this.picture;
    ctx.save();
    ctx.strokeStyle = this.palette.ink;
    ctx.lineWidth = ratio;
    const now = this.plot.valToPos(at / TICKS, "x", true);
    line(ctx, now, 0, now, bbox.top + bbox.height);
    const spacing = bbox.width / ratio / Math.max(dots.length, 1);
    const radius = Math.min(Math.max(spacing / 3, 1), 2) * ratio;
    for (const dot of dots) this.drawDot(ctx, dot, radius, ratio);
    ctx.restore();
  }

  private drawDot(ctx: CanvasRenderingContext2D, dot: Dot, radius: number, ratio: number): void {
    const x = this.plot.valToPos(dot.at / TICKS, "x", true);
    const y = this.y(dot.y);
    if (dot.outside) {
      ctx.lineWidth = 1.5 * ratio;
      ctx.strokeStyle = this.palette.trace;
      cross(ctx, x, y, 3 * ratio);
    } else {
      disc(ctx, x, y, radius);
      ctx.fillStyle = dot.uncertain ? this.palette.sheet : this.palette.trace;
      ctx.fill();
      if (dot.uncertain) {
        ctx.lineWidth = ratio;
        ctx.strokeStyle = this.palette.trace;
        ctx.stroke();
      }
    }
    if (dot.signal !== "none") ring(ctx, x, y, dot.signal === "begins", this.palette.signal, ratio);
  }

  /** A value's height on the canvas, kept within the plot. */
  private y(value: number): number {
    const { bbox } = this.plot;
    if (value === Infinity) return bbox.top;
    if (value === -Infinity) return bbox.top + bbox.height;
    const y = this.plot.valToPos(value, "y", true);
    return Math.min(Math.max(y, bbox.top), bbox.top + bbox.height);
  }
}
