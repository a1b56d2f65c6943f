/** Messages and bytes for the tests, and for the page of components. */

import { SCHEME, TICKS, FRAME_TICKS, type Definition, type Graphic, type Point, type TimedMessage } from "./message";

/** A message's JSON text as the stream has it: what is absent is left out. */
export function textOf({ message }: TimedMessage): string {
  const snake = (name: string) => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return JSON.stringify(message, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const kept = Object.entries(value).filter(([, field]) => field !== null);
    return Object.fromEntries(kept.map(([name, field]) => [snake(name), field]));
  });
}

/** An `emsg` box, version 1, with an ID3v2.4 tag of one `TXXX` frame. */
export function emsg(
  at: number,
  text: string,
  { scheme = "https://aomedia.org/emsg/ID3", description = SCHEME, timescale = TICKS } = {},
): Uint8Array {
  const content = bytes([3], utf8(description), [0], utf8(text));
  const frame = bytes(utf8("TXXX"), syncsafe(content.length), [0, 0], content);
  const tag = bytes(utf8("ID3"), [4, 0, 0], syncsafe(frame.length), frame);
  const body = bytes(
    [1, 0, 0, 0],
    uint32(timescale),
    uint32(Math.floor(at / 2 ** 32)),
    uint32(at % 2 ** 32),
    uint32(0),
    uint32(7),
    utf8(scheme),
    [0],
    [0],
    tag,
  );
  return box("emsg", body);
}

export function box(type: string, body: Uint8Array): Uint8Array {
  return bytes(uint32(body.length + 8), utf8(type), body);
}

export function bytes(...parts: ArrayLike<number>[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const utf8 = (text: string) => new TextEncoder().encode(text);

const uint32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

const syncsafe = (value: number) => [21, 14, 7, 0].map((shift) => (value >> shift) & 127);

/** A characteristic with limits, to be changed where a case needs it. */
export function someDefinition(changes: Partial<Definition> = {}): Definition {
  return {
    characteristic: "moisture",
    name: { "zh-Hans": "板材含水率", en: "Board moisture" },
    unit: "%",
    line: "panels",
    lineName: { "zh-Hans": "板材线", en: "Panel line" },
    decimals: 2,
    chart: "i-mr",
    size: 1,
    rules: ["nelson-1", "nelson-2"],
    specification: { lower: 6, target: 8, upper: 10, origin: null },
    location: { center: 8, lower: 7.1, upper: 8.9 },
    spread: { center: 0.34, lower: null, upper: 1.11 },
    collected: null,
    estimateFrom: null,
    weight: null,
    width: null,
    slack: null,
    decision: null,
    capability: null,
    ...changes,
  };
}

/** A measurement that is its own plotted point. */
export function somePoint(changes: Partial<Point> = {}): Point {
  const index = changes.index ?? 0;
  const value = changes.value ?? 8;
  return {
    characteristic: "moisture",
    index,
    time: 1_760_000_000_000_000 + index * 1_000_000,
    value,
    status: "good",
    late: false,
    plotted: index,
    location: value,
    spread: index === 0 ? null : 0.3,
    signals: [],
    foundIn: null,
    lower: null,
    upper: null,
    ...changes,
  };
}

/** The n-th frame's position. */
export const frame = (n: number) => n * FRAME_TICKS;

/** A lower third. */
export function someGraphic(changes: Partial<Graphic> = {}): Graphic {
  const fields = { name: { "zh-Hans": "王敏", en: "Wang Min" }, title: { "zh-Hans": "质量工程师", en: "Quality engineer" } };
  return { id: "name", template: "lower-third", fields, characteristic: null, line: null, logged: null, ...changes };
}
