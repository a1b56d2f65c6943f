/**
 * Checks segments away from the page: joins their parts, fetches what the player did not load of them, and
 * says what it found. It never holds playback up: it works on copies.
 */

import { messagesOf } from "../stream/emsg";
import { BadData } from "../stream/message";
import { join, same } from "./cbor";
import { readInit, type Manifest } from "./manifest";
import { check, isSigned, namedIn } from "./segment";
import { BadProof, type Verdict } from "./verdict";

/** Bytes that the player has loaded. */
export interface Loaded {
  readonly msn: number;
  /** Where the rendition's playlist stands. */
  readonly base: string;
  /** Number of the part; null for a whole segment. */
  readonly part: number | null;
  readonly bytes: ArrayBuffer;
  readonly init: string;
}

/** What is kept of a segment until it is checked. */
interface Begun {
  readonly base: string;
  readonly parts: Map<number, Uint8Array>;
}

/** Segments that may be begun and not finished at a time: those of earlier renditions and seeks. */
const MOST_BEGUN = 8;
const RETRY_MS = 2000;
const TRIES = 3;

const begun = new Map<string, Begun>();
const inits = new Map<string, Promise<Manifest | null>>();
const done = new Set<string>();
/** Manifests that the playlist was asked for: one that is not there is not asked for again. */
const asked = new Set<string>();
let queue: Promise<void> = Promise.resolve();

onmessage = ({ data }: MessageEvent<Loaded | "finish">) => {
  queue =
    data === "finish"
      ? queue.then(() => finishOlder(Infinity))
      : queue.then(() => take(data)).catch((error: unknown) => {
          say(data.msn, { state: "unverified", sequence: null, reason: String(error), source: null }, 0);
        });
};

async function take({ msn, base, part, bytes, init }: Loaded): Promise<void> {
  const manifest = await manifestOf(init);
  const key = `${base}${msn}`;
  if (part === null) return settle(msn, base, new Uint8Array(bytes));
  if (done.has(key)) return;
  let known = begun.get(key);
  if (!known) begun.set(key, (known = { base, parts: new Map() }));
  known.parts.set(part, new Uint8Array(bytes));
  if (manifest === null) return settle(msn, base, new Uint8Array(bytes));
  say(msn, { state: "pending", sequence: null, reason: "", source: null }, 0);
  const parts = row(known.parts);
  if (parts.length === known.parts.size && known.parts.has(0) && isSigned(parts.at(-1)!)) {
    return settle(msn, base, join(parts));
  }
  await finishOlder(msn);
}

/** The parts in their order. */
function row(parts: ReadonlyMap<number, Uint8Array>): Uint8Array[] {
  const numbers = [...parts.keys()].sort((a, b) => a - b);
  return numbers.every((number, i) => number === i) ? numbers.map((number) => parts.get(number)!) : [];
}

async function settle(msn: number, base: string, bytes: Uint8Array): Promise<void> {
  const key = `${base}${msn}`;
  begun.delete(key);
  done.add(key);
  const began = performance.now();
  const found = await check(bytes, await manifestsFor(bytes, base), madeAt(bytes));
  say(msn, found, performance.now() - began);
  await finishOlder(msn);
}

/** Segments before this one are complete: what the player did not load of them is fetched. */
async function finishOlder(msn: number): Promise<void> {
  for (const [key, { base, parts }] of begun) {
    const number = Number(key.slice(base.length));
    if (number >= msn && begun.size <= MOST_BEGUN) continue;
    begun.delete(key);
    done.add(key);
    void complete(number, base, parts, 1);
  }
}

async function complete(msn: number, base: string, parts: ReadonlyMap<number, Uint8Array>, attempt: number): Promise<void> {
  const whole = await fetched(`${base}${msn}.m4s`);
  if (whole === null) {
    if (attempt < TRIES) setTimeout(() => void complete(msn, base, parts, attempt + 1), RETRY_MS);
    else say(msn, { state: "unverified", sequence: null, reason: "not all of it could be loaded", source: null }, 0);
    return;
  }
  const began = performance.now();
  // What was played must be what is checked: each part stands in the whole.
  let found = await check(whole, await manifestsFor(whole, base), madeAt(whole));
  if (found.state === "valid" && ![...parts.values()].every((part) => contains(whole, part))) {
    found = { ...found, state: "altered", sequence: null, reason: "what was played is not what was signed" };
  }
  say(msn, found, performance.now() - began);
}

function contains(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= whole.length; ) {
    if (same(whole.subarray(at, at + part.length), part)) return true;
    const size = new DataView(whole.buffer, whole.byteOffset + at).getUint32(0);
    if (size < 8) return false;
    at += size;
  }
  return false;
}

/** The wall time that a segment's own data state, in milliseconds. */
function madeAt(bytes: Uint8Array): number | null {
  try {
    for (const { message } of messagesOf(bytes)) if (message.type === "data") return message.utc / 1000;
  } catch (error) {
    if (!(error instanceof BadData)) throw error;
  }
  return null;
}

async function manifestOf(address: string): Promise<Manifest | null> {
  let known = inits.get(address);
  if (!known) {
    inits.set(address, (known = read(address)));
    known.catch(() => inits.delete(address)); // asked again with the next part
  }
  return known;
}

async function read(address: string): Promise<Manifest | null> {
  const init = await fetched(address);
  if (init === null) throw new Error("the init segment could not be loaded");
  try {
    return await readInit(init);
  } catch (error) {
    if (!(error instanceof BadProof)) throw error;
    return { urn: "", keys: [], anchor: "", since: NaN, signer: { name: "", organization: "", authority: "", test: false, notBefore: NaN, notAfter: NaN } };
  }
}

/**
 * The manifests of a rendition among which a segment's own is.
 *
 * When a hub was started again, the segment at hand gets another init, and the player need not notice; the
 * playlist says which.
 */
async function manifestsFor(bytes: Uint8Array, base: string): Promise<Manifest[]> {
  const named = namedIn(bytes);
  const known = await manifestsOf(base);
  if (named === null || known.some(({ urn }) => urn === named) || asked.has(base + named)) return known;
  asked.add(base + named);
  const playlist = await fetched(`${base}index.m3u8`);
  if (playlist === null) return known;
  for (const [, uri] of new TextDecoder().decode(playlist).matchAll(/^#EXT-X-MAP:URI="([^"]+)"/gm)) {
    await manifestOf(new URL(uri!, base).href).catch(() => null);
  }
  return manifestsOf(base);
}

/** The manifests of a rendition that are known. */
async function manifestsOf(base: string): Promise<Manifest[]> {
  const own = [...inits].filter(([address]) => address.startsWith(base)).map(([, manifest]) => manifest);
  return (await Promise.all(own)).filter((manifest) => manifest !== null);
}

async function fetched(address: string): Promise<Uint8Array | null> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(8000) });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

function say(msn: number, found: Omit<Verdict, "msn" | "took">, took: number): void {
  postMessage({ msn, ...found, took } satisfies Verdict);
}
