/** What is drawn on a frozen picture: lines in ten-thousandths of its width and height, the last one taken back first. */

export const SCALE = 10_000;
export const MOST_STROKES = 100;
export const MOST_POINTS = 4_000;

/** Points nearer to the line than this are left out: a finger is no finer. */
const FINE = 12;

/** x, y, x, y, … */
export type Stroke = readonly number[];

export class Drawing {
  private readonly done: Stroke[] = [];
  private open: number[] | null = null;

  /** A drawing that goes on from these lines. */
  static of(strokes: readonly Stroke[]): Drawing {
    const drawing = new Drawing();
    drawing.done.push(...strokes);
    return drawing;
  }

  /** All lines, the one that is being drawn included. */
  get strokes(): readonly Stroke[] {
    return this.open ? [...this.done, this.open] : this.done;
  }

  /** Whether another line would still be taken. */
  get full(): boolean {
    return this.done.length >= MOST_STROKES || this.points >= MOST_POINTS;
  }

  private get points(): number {
    return this.done.reduce((sum, { length }) => sum + length / 2, 0);
  }

  /** Begin a line; `x` and `y` are shares of the picture. False when there is no room for it. */
  begin(x: number, y: number): boolean {
    this.end();
    if (this.full) return false;
    this.open = [whole(x), whole(y)];
    return true;
  }

  go(x: number, y: number): void {
    const last = this.open?.slice(-2);
    if (!this.open || !last || this.open.length >= 2 * MOST_POINTS) return;
    const [to, down] = [whole(x), whole(y)];
    if (to !== last[0] || down !== last[1]) this.open.push(to, down);
  }

  end(): void {
    if (!this.open) return;
    this.done.push(simple(this.open).slice(0, 2 * (MOST_POINTS - this.points)));
    this.open = null;
  }

  /** A line that was begun by mistake: a second finger came down. */
  drop(): void {
    this.open = null;
  }

  undo(): void {
    if (this.open) this.open = null;
    else this.done.pop();
  }
}

/** A line of the same shape with as few points as that takes (Ramer, Douglas, Peucker). */
export function simple(stroke: Stroke): Stroke {
  const last = stroke.length / 2 - 1;
  const keep = new Set([0, last]);
  const spans: [number, number][] = [[0, last]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    let farthest = { distance: FINE, at: -1 };
    for (let at = from + 1; at < to; at++) {
      const distance = away(stroke, at, from, to);
      if (distance > farthest.distance) farthest = { distance, at };
    }
    if (farthest.at < 0) continue;
    keep.add(farthest.at);
    spans.push([from, farthest.at], [farthest.at, to]);
  }
  return [...keep].sort((a, b) => a - b).flatMap((at) => [stroke[2 * at]!, stroke[2 * at + 1]!]);
}

/** How far a point of a stroke is from the straight piece between two others. */
function away(stroke: Stroke, at: number, from: number, to: number): number {
  const [x, y] = [stroke[2 * at]! - stroke[2 * from]!, stroke[2 * at + 1]! - stroke[2 * from + 1]!];
  const [dx, dy] = [stroke[2 * to]! - stroke[2 * from]!, stroke[2 * to + 1]! - stroke[2 * from + 1]!];
  const length = dx * dx + dy * dy;
  const share = length > 0 ? Math.min(Math.max((x * dx + y * dy) / length, 0), 1) : 0;
  return Math.hypot(x - share * dx, y - share * dy);
}

const whole = (share: number) => Math.round(Math.min(Math.max(share, 0), 1) * SCALE);

// --- looking closer ------------------------------------------------------------------------------

/** Which part of a picture is looked at: its top left corner as shares, and how much larger it is. */
export interface Look {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export const WHOLE: Look = { x: 0, y: 0, scale: 1 };
export const CLOSEST = 8;

/** Look closer or from farther off; what is at (x, y) of the window stays there. */
export function closer(look: Look, factor: number, x: number, y: number): Look {
  const scale = Math.min(Math.max(look.scale * factor, 1), CLOSEST);
  return inside({ scale, x: look.x + x / look.scale - x / scale, y: look.y + y / look.scale - y / scale });
}

/** Move what is seen by shares of the window. */
export function moved(look: Look, dx: number, dy: number): Look {
  return inside({ ...look, x: look.x - dx / look.scale, y: look.y - dy / look.scale });
}

/** Where in the picture a point of the window is. */
export const through = ({ x, y, scale }: Look, left: number, top: number) => ({ x: x + left / scale, y: y + top / scale });

function inside({ x, y, scale }: Look): Look {
  const most = 1 - 1 / scale;
  return { scale, x: Math.min(Math.max(x, 0), most), y: Math.min(Math.max(y, 0), most) };
}
