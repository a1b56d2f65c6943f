/**
 * CBOR in its one deterministic form (RFC 8949, 4.2.1), as far as manifests and signatures use it.
 *
 * Whatever is not in that form is refused, so that no two readers see two things in the same bytes.
 */

import { BadProof } from "./verdict";

export type Cbor = number | string | boolean | null | Uint8Array | readonly Cbor[] | Tagged | CborMap;
export type CborMap = ReadonlyMap<number | string, Cbor>;

export interface Tagged {
  readonly tag: number;
  readonly value: Cbor;
}

const DEEPEST = 16;

/** The value that bytes are, whole. Throws BadProof and nothing else. */
export function decode(bytes: Uint8Array): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new BadProof("CBOR with something behind it");
  return value;
}

class Reader {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  value(depth: number): Cbor {
    if (depth > DEEPEST) throw new BadProof("CBOR that is nested too deep");
    const first = this.take(1)[0]!;
    const major = first >> 5;
    if (major === 7) return this.simple(first & 31);
    const count = this.argument(first & 31);
    switch (major) {
      case 0:
        return count;
      case 1:
        return -1 - count;
      case 2:
        return this.take(count);
      case 3:
        return utf8(this.take(count));
      case 4: {
        const items: Cbor[] = [];
        for (let i = 0; i < count; i++) items.push(this.value(depth + 1));
        return items;
      }
      case 5:
        return this.map(count, depth);
      default:
        return { tag: count, value: this.value(depth + 1) };
    }
  }

  private simple(info: number): Cbor {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    throw new BadProof("CBOR of a kind that is not used here");
  }

  private map(count: number, depth: number): CborMap {
    const found = new Map<number | string, Cbor>();
    let before: Uint8Array | null = null;
    for (let i = 0; i < count; i++) {
      const start = this.at;
      const key = this.value(depth + 1);
      const raw = this.bytes.subarray(start, this.at);
      if (typeof key !== "number" && typeof key !== "string") throw new BadProof("a key that is no name");
      if (before && compare(before, raw) >= 0) throw new BadProof("keys that are not in their order");
      before = raw;
      found.set(key, this.value(depth + 1));
    }
    return found;
  }

  /** A length, number or tag; only its shortest form. */
  private argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new BadProof("CBOR of a length that is not told");
    const size = 1 << (info - 24);
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    if (value < [24, 256, 65_536, 4_294_967_296][info - 24]! || !Number.isSafeInteger(value)) {
      throw new BadProof("a number that is longer than it must be, or too large");
    }
    return value;
  }

  private take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) throw new BadProof("CBOR that is cut off");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

/** The bytes of the one structure that COSE signs: `["Signature1", headers, h'', payload]`. */
export function signed(headers: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode("Signature1");
  return join([Uint8Array.of(0x84), head(3, text.length), text, bstr(headers), bstr(new Uint8Array()), bstr(payload)]);
}

/** Bytes as a CBOR byte string. */
export function bstr(bytes: Uint8Array): Uint8Array {
  return join([head(2, bytes.length), bytes]);
}

function head(major: number, value: number): Uint8Array {
  const type = major << 5;
  if (value < 24) return Uint8Array.of(type | value);
  if (value < 256) return Uint8Array.of(type | 24, value);
  if (value < 65_536) return Uint8Array.of(type | 25, value >> 8, value & 255);
  return Uint8Array.of(type | 26, value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
}

export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const place = a.findIndex((byte, i) => byte !== b[i]);
  return place < 0 ? a.length - b.length : a[place]! - (b[place] ?? -1);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

export function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BadProof("a text that is not UTF-8");
  }
}

/** A map's entry, which must be of a kind. */
export function entry<K extends keyof Kinds>(value: Cbor | undefined, key: number | string, kind: K): Kinds[K] {
  const found = value instanceof Map ? (value as CborMap).get(key) : undefined;
  if (found === undefined || !is[kind](found)) throw new BadProof(`${key} is missing or not what it should be`);
  return found as Kinds[K];
}

interface Kinds {
  number: number;
  text: string;
  bytes: Uint8Array;
  list: readonly Cbor[];
  map: CborMap;
  tag: Tagged;
}

const is: Record<keyof Kinds, (value: Cbor) => boolean> = {
  number: (value) => typeof value === "number",
  text: (value) => typeof value === "string",
  bytes: (value) => value instanceof Uint8Array,
  list: (value) => Array.isArray(value),
  map: (value) => value instanceof Map,
  tag: (value) => typeof value === "object" && value !== null && "tag" in value,
};
