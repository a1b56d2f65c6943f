/** The engineer's chart: points by their number, limits and zones, signals as rings, a span that can be dragged. */

import uPlot from "uplot";
import { number } from "../format";
import type { ChartLimits } from "../stream/message";
import { cross, disc, drawStairs, font, FONT_PX, line, ring } from "./ink";
import { limitsAt, newest, widest, type Own } from "./limits";
import { paletteOf, type Palette } from "./palette";
import { marks, spreadLabels, verticalRange } from "./scale";

export interface Numbered extends Own {
  /** On the chart, from 0. */
  readonly number: number;
  readonly y: number;
  readonly signal: "none" | "begins" | "continues";
}

export interface Sheet {
  readonly dots: readonly Numbered[];
  /** First and last point of the picture, on both of a pair of charts: the first may have no spread. */
  readonly shown: readonly [number, number];
  readonly limits: ChartLimits | null;
  /** Of the plotted statistic; zones stand at one and two of them. */
  readonly sigma: number | null;
  /** Limits that are looked at and not frozen. */
  readonly proposed: ChartLimits | null;
  /** First and one after the last point of the chosen span. */
  readonly span: readonly [number, number] | null;
  /** Points that are left out. */
  readonly excluded: ReadonlySet<number>;
  readonly decimals: number;
  /** Where the vertical scale begins; null where it depends on the limits. */
  readonly floor: number | null;
}

export interface Handlers {
  readonly hover: (number: number | null) => void;
  /** A span was dragged: first and last point, both included. */
  readonly choose: (first: number, last: number) => void;
}

const LEFT = 48;
const RIGHT = 74;
const NOTHING: Sheet = { dots: [], shown: [0, 0], limits: null, sigma: null, proposed: null, span: null, excluded: new Set(), decimals: 2, floor: null };

export class ControlChart {
  private readonly plot: uPlot;
  private palette: Palette;
  private sheet: Sheet = NOTHING;
  private range = { min: 0, max: 1 };

  constructor(
    private readonly host: HTMLElement,
    private readonly height: number,
    private readonly handlers: Handlers,
  ) {
    this.palette = paletteOf(host);
    this.plot = new uPlot(this.settings(), [[], []], host);
  }

  show(sheet: Sheet): void {
    this.sheet = sheet;
    const ys = sheet.dots.map(({ y }) => y);
    const seen = sheet.proposed ? [...ys, sheet.proposed.upper ?? sheet.proposed.center, sheet.proposed.lower ?? sheet.proposed.center] : ys;
    this.range = verticalRange(seen, widest(sheet.limits, sheet.dots), null, sheet.decimals, sheet.floor);
    this.plot.setData([sheet.dots.map((dot) => dot.number), ys], true);
  }

  resize(width: number): void {
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: this.height });
  }

  repaint(): void {
    this.palette = paletteOf(this.host);
    this.plot.redraw(false, false);
  }

  private settings(): uPlot.Options {
    return {
      width: Math.max(this.host.clientWidth, 200),
      height: this.height,
      padding: [8, RIGHT, 20, LEFT],
      legend: { show: false },
      cursor: { sync: { key: "control", scales: ["x", null] }, drag: { x: true, y: false, setScale: false }, y: false, points: { show: false } },
      scales: {
        x: { time: false, range: () => this.reach() },
        y: { range: () => [this.range.min, this.range.max] },
      },
      axes: [{ show: false }, { show: false }],
      series: [{}, { stroke: () => this.palette["trace-soft"], width: 1, points: { show: false } }],
      hooks: {
        drawClear: [() => this.drawGround()],
        draw: [() => this.drawDots()],
        setCursor: [
          () => {
            const { idx, left } = this.plot.cursor;
            this.handlers.hover(typeof idx === "number" && (left ?? -1) >= 0 ? (this.sheet.dots[idx]?.number ?? null) : null);
          },
        ],
        setSelect: [
          ({ select }) => {
            if (select.width < 4) return;
            const first = Math.ceil(this.plot.posToVal(select.left, "x"));
            const last = Math.floor(this.plot.posToVal(select.left + select.width, "x"));
            const { dots } = this.sheet;
            if (dots.length > 0 && last >= first) {
              this.handlers.choose(Math.max(first, dots[0]!.number), Math.min(last, dots.at(-1)!.number));
            }
            this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
  }

  private reach(): [number, number] {
    const [first, newest] = this.sheet.shown;
    const last = Math.max(newest, first + 10);
    const room = (last - first) * 0.01 + 0.5;
    return [first - room, last + room];
  }

  private drawGround(): void {
    const { ctx, bbox } = this.plot;
    const ratio = devicePixelRatio;
    const { limits, sigma, proposed, span } = this.sheet;
    const right = bbox.left + bbox.width;
    ctx.save();
    if (span) {
      const from = this.x(span[0] - 0.5);
      const to = this.x(span[1] - 0.5);
      ctx.fillStyle = this.palette.accent;
      ctx.globalAlpha = 0.1;
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.font = font(ratio);
    ctx.lineWidth = ratio;
    this.drawScale(ctx, ratio);
    if (limits && sigma) {
      ctx.strokeStyle = this.palette.line;
      for (const k of [-2, -1, 1, 2]) {
        const zone = limits.center + k * sigma;
        if (zone > this.range.min) line(ctx, bbox.left, this.y(zone), right, this.y(zone));
      }
    }
    if (proposed) {
      ctx.strokeStyle = this.palette.accent;
      ctx.setLineDash([6 * ratio, 3 * ratio]);
      for (const value of [proposed.lower, proposed.center, proposed.upper]) {
        if (value !== null) line(ctx, bbox.left, this.y(value), right, this.y(value));
      }
      ctx.setLineDash([]);
    }
    if (limits) this.drawLimits(ctx, ratio, limits);
    ctx.restore();
  }

  private drawLimits(ctx: CanvasRenderingContext2D, ratio: number, limits: ChartLimits): void {
    const { bbox } = this.plot;
    const right = bbox.left + bbox.width;
    const { limits: shown, uneven } = newest(limits, this.sheet.dots);
    const lines = [
      { name: "UCL", value: shown!.upper },
      { name: "CL", value: shown!.center },
      { name: "LCL", value: shown!.lower },
    ].flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]));
    const places = spreadLabels(
      lines.map(({ value }) => this.y(value)),
      (FONT_PX + 2) * ratio,
      bbox.top + (FONT_PX / 2) * ratio,
      bbox.top + bbox.height,
    );
    ctx.strokeStyle = ctx.fillStyle = this.palette.limit;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    lines.forEach(({ name, value }, i) => {
      ctx.setLineDash(name === "CL" ? [ratio, 3 * ratio] : []);
      if (uneven && name !== "CL") this.drawOwn(ctx, limits, name === "UCL" ? "upper" : "lower");
      else line(ctx, bbox.left, this.y(value), right, this.y(value));
      ctx.fillText(`${name} ${number(value, this.sheet.decimals)}`, right + 6 * ratio, places[i]!);
    });
    ctx.setLineDash([]);
  }

  /** A limit that differs from point to point. */
  private drawOwn(ctx: CanvasRenderingContext2D, limits: ChartLimits, which: "upper" | "lower"): void {
    const { dots } = this.sheet;
    const xs = dots.map((dot) => this.x(dot.number));
    const ys = dots.map((dot) => limitsAt(limits, dot)[which]);
    drawStairs(ctx, this.plot.bbox, xs, ys, (value) => this.y(value));
  }

  private drawScale(ctx: CanvasRenderingContext2D, ratio: number): void {
    const { bbox } = this.plot;
    const bottom = bbox.top + bbox.height;
    ctx.fillStyle = this.palette["ink-soft"];
    ctx.strokeStyle = this.palette.line;
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    for (const mark of marks(this.range, Math.max(Math.floor(bbox.height / ratio / 30), 2))) {
      line(ctx, bbox.left - 4 * ratio, this.y(mark), bbox.left, this.y(mark));
      ctx.fillText(number(mark, this.sheet.decimals), bbox.left - 7 * ratio, this.y(mark));
    }
    line(ctx, bbox.left, bbox.top, bbox.left, bottom);
    line(ctx, bbox.left, bottom, bbox.left + bbox.width, bottom);
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    const [min, max] = this.reach();
    for (const mark of marks({ min: min + 1, max: max + 1 }, Math.max(Math.floor(bbox.width / ratio / 70), 2))) {
      if (!Number.isInteger(mark) || mark < 1) continue;
      const x = this.x(mark - 1);
      line(ctx, x, bottom, x, bottom + 4 * ratio);
      ctx.fillText(number(mark, 0), x, bottom + 6 * ratio);
    }
  }

  private drawDots(): void {
    const { ctx, bbox } = this.plot;
    const ratio = devicePixelRatio;
    const spacing = bbox.width / ratio / Math.max(this.sheet.dots.length, 1);
    const radius = Math.min(Math.max(spacing / 3, 1.2), 2.5) * ratio;
    ctx.save();
    for (const dot of this.sheet.dots) {
      const x = this.x(dot.number);
      const y = this.y(dot.y);
      disc(ctx, x, y, radius);
      ctx.fillStyle = this.palette.trace;
      ctx.fill();
      if (this.sheet.excluded.has(dot.number)) {
        ctx.strokeStyle = this.palette.accent;
        ctx.lineWidth = 1.5 * ratio;
        cross(ctx, x, y, 5 * ratio);
      }
      if (dot.signal !== "none") ring(ctx, x, y, dot.signal === "begins", this.palette.signal, ratio);
    }
    ctx.restore();
  }

  private x(at: number): number {
    const { bbox } = this.plot;
    return Math.min(Math.max(this.plot.valToPos(at, "x", true), bbox.left), bbox.left + bbox.width);
  }

  private y(value: number): number {
    const { bbox } = this.plot;
    return Math.min(Math.max(this.plot.valToPos(value, "y", true), bbox.top), bbox.top + bbox.height);
  }
}
