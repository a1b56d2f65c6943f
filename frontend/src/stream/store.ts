/**
 * Keeps what the stream has said, by media time. In what order, how often and in what pieces messages
 * arrive makes no difference: live parts, a loaded segment and the backlog overlap freely.
 */

import type {
  Counters,
  Definition,
  FrameData,
  Graphic,
  LineOee,
  LoggedGraphic,
  MediaTime,
  Point,
  Signal,
  TimedMessage,
} from "./message";
import { isLogged, TICKS } from "./message";

/** A measurement and the frame that it belongs to. */
export interface Placed {
  readonly at: MediaTime;
  readonly point: Point;
}

/** A rule's pattern, complete at this frame. */
export interface Mark {
  readonly at: MediaTime;
  readonly characteristic: string;
  readonly rule: string;
  readonly index: number;
  /** An expert's remark or a draw is shown from here on; what it shows. */
  readonly shows?: LoggedGraphic;
}

export class Store {
  private readonly definitions = new Sorted<{ at: number; items: readonly Definition[]; lines: readonly LineOee[] }>((a, b) => a.at - b.at);
  private readonly clock = new Sorted<{ at: number; utc: number }>((a, b) => a.at - b.at);
  private readonly points = new Map<string, Sorted<Placed>>();
  private readonly counts = new Map<string, Sorted<{ at: number; counters: Counters }>>();
  private readonly signals = new Map<string, Mark>();
  private readonly shown = new Map<string, Mark>();
  private readonly graphics = new Sorted<{ at: number; items: readonly Graphic[] }>((a, b) => a.at - b.at);

  /** Take messages in. Whether anything was new. */
  add(messages: Iterable<TimedMessage>): boolean {
    let fresh = false;
    for (const { at, message } of messages) {
      const added =
        message.type === "definitions"
          ? this.definitions.add({ at, items: message.characteristics, lines: message.lines })
          : this.addData(at, message);
      fresh ||= added;
    }
    return fresh;
  }

  /** Marks of the timeline that are known from elsewhere than the stream. */
  addMarks(marks: Iterable<Mark>): boolean {
    let fresh = false;
    for (const mark of marks) {
      const key = `${mark.characteristic}\n${mark.index}\n${mark.rule}`;
      if (this.signals.has(key)) continue;
      this.signals.set(key, mark);
      fresh = true;
    }
    return fresh;
  }

  /** Every completed pattern that is known, and all that was shown of the log, in the order of the stream. */
  marks(): Mark[] {
    return [...this.signals.values(), ...this.shown.values()].sort(
      (a, b) => a.at - b.at || a.index - b.index || (a.rule < b.rule ? -1 : 1),
    );
  }

  /** The newest definitions in (from, to]. */
  definitionsIn(from: MediaTime, to: MediaTime): readonly Definition[] {
    return this.definitions.last(from, to)?.items ?? [];
  }

  /** How the public lines use their time, as the newest definitions in (from, to] say. */
  linesIn(from: MediaTime, to: MediaTime): readonly LineOee[] {
    return this.definitions.last(from, to)?.lines ?? [];
  }

  /** The measurements of a characteristic in (from, to], in their own order. */
  pointsIn(characteristic: string, from: MediaTime, to: MediaTime): readonly Placed[] {
    return this.points.get(characteristic)?.slice(from, to) ?? [];
  }

  /** The newest counters of each line in (from, to], by the line's name. */
  countersIn(from: MediaTime, to: MediaTime): Counters[] {
    const found: Counters[] = [];
    for (const line of [...this.counts.keys()].sort()) {
      const last = this.counts.get(line)?.last(from, to);
      if (last) found.push(last.counters);
    }
    return found;
  }

  /**
   * What is burned into the picture at `to`. Definitions begin a segment, and its first frame repeats what is
   * burned in: where it says nothing, nothing is, even if the frame that took it away was never loaded.
   */
  graphicsIn(from: MediaTime, to: MediaTime): readonly Graphic[] {
    const said = this.graphics.last(from, to);
    const segment = this.definitions.last(from, to);
    return said && said.at >= (segment?.at ?? 0) ? said.items : [];
  }

  /** What of the log was shown up to `to`, each where it is first known to be. */
  shownUpTo(to: MediaTime): Mark[] {
    return [...this.shown.values()].filter(({ at }) => at <= to).sort((a, b) => a.at - b.at || a.index - b.index);
  }

  /** The wall time of `position`, in microseconds, told by the newest frame in (from, position] that says it. */
  utcAt(from: MediaTime, position: MediaTime): number | null {
    const anchor = this.clock.last(from, position);
    return anchor ? anchor.utc + Math.round(((position - anchor.at) * 1e6) / TICKS) : null;
  }

  private addData(at: MediaTime, data: FrameData): boolean {
    let fresh = this.clock.add({ at, utc: data.utc });
    if (data.graphics && this.graphics.add({ at, items: data.graphics })) {
      for (const shows of data.graphics.filter(isLogged)) this.addShown(at, shows);
      fresh = true;
    }
    for (const point of data.points) {
      const added = sortedOf(this.points, point.characteristic, byPlace).add({ at, point });
      if (added) this.addMarks(completed(at, point));
      fresh ||= added;
    }
    for (const counters of data.counters) {
      const added = sortedOf(this.counts, counters.line, byCount).add({ at, counters });
      fresh ||= added;
    }
    return fresh;
  }

  /** A graphic that stays is said again in each segment, and segments come in any order: the first one counts. */
  private addShown(at: MediaTime, shows: LoggedGraphic): void {
    const { type, id, index } = shows.logged;
    const known = this.shown.get(id);
    if (!known || known.at > at) this.shown.set(id, { at, characteristic: "", rule: type, index, shows });
  }
}

function completed(at: MediaTime, point: Point): Mark[] {
  return point.signals
    .filter((signal: Signal) => !signal.continuing)
    .map(({ rule }) => ({ at, characteristic: point.characteristic, rule, index: point.index }));
}

const byPlace = (a: Placed, b: Placed) => a.at - b.at || a.point.index - b.point.index;

const byCount = (a: { at: number; counters: Counters }, b: { at: number; counters: Counters }) =>
  a.at - b.at ||
  a.counters.time - b.counters.time ||
  a.counters.total - b.counters.total ||
  a.counters.rejected - b.counters.rejected;

function sortedOf<T extends { at: number }>(
  map: Map<string, Sorted<T>>,
  key: string,
  order: (a: T, b: T) => number,
): Sorted<T> {
  let found = map.get(key);
  if (!found) map.set(key, (found = new Sorted(order)));
  return found;
}

/** A list in order, without equals; nearly everything arrives at its end. */
class Sorted<T extends { at: number }> {
  private readonly items: T[] = [];

  constructor(private readonly order: (a: T, b: T) => number) {}

  add(item: T): boolean {
    let index = this.items.length;
    const last = this.items[index - 1];
    if (last !== undefined && this.order(last, item) >= 0) {
      index = lowest(this.items.length, (i) => this.order(this.items[i]!, item) >= 0);
      if (this.order(this.items[index]!, item) === 0) return false;
    }
    this.items.splice(index, 0, item);
    return true;
  }

  last(from: number, to: number): T | undefined {
    const item = this.items[this.after(to) - 1];
    return item && item.at > from ? item : undefined;
  }

  slice(from: number, to: number): readonly T[] {
    return this.items.slice(this.after(from), this.after(to));
  }

  private after(at: number): number {
    return lowest(this.items.length, (i) => this.items[i]!.at > at);
  }
}

/** The lowest index in [0, count) for which a monotonic test holds, else count. */
export function lowest(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
