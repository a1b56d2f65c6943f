/** The strokes that charts are made of: sharp lines, discs, crosses, rings around signals, stairs of limits. */

import { stairs, type Stair } from "./limits";

export const FONT_PX = 11;

export function font(ratio: number): string {
  return `${FONT_PX * ratio}px ${getComputedStyle(document.documentElement).fontFamily}`;
}

export function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  // Half a pixel aside, so that one-pixel lines are one pixel wide.
  const half = (ctx.lineWidth % 2) / 2;
  const snap = (value: number) => Math.round(value - half) + half;
  ctx.beginPath();
  ctx.moveTo(snap(x1), snap(y1));
  ctx.lineTo(snap(x2), snap(y2));
  ctx.stroke();
}

export function disc(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

export function cross(ctx: CanvasRenderingContext2D, x: number, y: number, arm: number): void {
  ctx.beginPath();
  ctx.moveTo(x - arm, y - arm);
  ctx.lineTo(x + arm, y + arm);
  ctx.moveTo(x - arm, y + arm);
  ctx.lineTo(x + arm, y - arm);
  ctx.stroke();
}

/** Around a point where a rule holds; wider where it begins to. */
export function ring(ctx: CanvasRenderingContext2D, x: number, y: number, begins: boolean, colour: string, ratio: number): void {
  disc(ctx, x, y, (begins ? 6 : 4.5) * ratio);
  ctx.lineWidth = (begins ? 2 : 1) * ratio;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

/** A limit that differs from point to point; `place` is a value's height on the canvas. */
export function drawStairs(
  ctx: CanvasRenderingContext2D,
  { left, width }: { readonly left: number; readonly width: number },
  xs: readonly number[],
  ys: readonly (number | null)[],
  place: (value: number) => number,
): void {
  let before: Stair | null = null;
  for (const stair of stairs(xs, ys, left, left + width)) {
    if (before?.x2 === stair.x1) line(ctx, stair.x1, place(before.y), stair.x1, place(stair.y));
    line(ctx, stair.x1, place(stair.y), stair.x2, place(stair.y));
    before = stair;
  }
}
