/**
 * Reads the data out of the bytes that the player loads anyway: `emsg` boxes (ISO/IEC 23009-1, 5.10.3.3,
 * version 1) whose payload is an ID3v2.4 tag with a `TXXX` frame (id3.org, 4.2.6).
 *
 * The bytes themselves are read, not what the player makes of them, because a check of the stream has to
 * be about the same bytes.
 */

import { BadData, messageFromText, SCHEME, TICKS, type TimedMessage } from "./message";

const ID3_SCHEME = /emsg[-/]ID3/i;

/**
 * The messages of one part or segment, in the order in which they stand.
 *
 * Boxes of other kinds and events of other schemes are passed over. Throws BadData and nothing else.
 */
export function messagesOf(bytes: Uint8Array): TimedMessage[] {
  const found: TimedMessage[] = [];
  for (const box of boxes(bytes)) {
    if (box.type === "emsg") found.push(...messagesOfEvent(box.body));
  }
  return found;
}

interface Box {
  readonly type: string;
  readonly body: Uint8Array;
}

function* boxes(bytes: Uint8Array): Generator<Box> {
  let at = 0;
  while (at < bytes.length) {
    const reader = new Reader(bytes.subarray(at));
    let size = reader.uint32();
    const type = reader.latin1(4);
    if (size === 1) size = reader.uint64();
    else if (size === 0) size = bytes.length - at;
    if (size < reader.at || size > bytes.length - at) {
      throw new BadData(`box ${type} says ${size} bytes; ${bytes.length - at} are left`);
    }
    yield { type, body: bytes.subarray(at + reader.at, at + size) };
    at += size;
  }
}

function* messagesOfEvent(body: Uint8Array): Generator<TimedMessage> {
  const reader = new Reader(body);
  const version = reader.uint8();
  reader.skip(3);
  if (version !== 1) return;
  const timescale = reader.uint32();
  const time = reader.uint64();
  reader.skip(8); // duration and id
  const scheme = reader.zeroTerminated();
  reader.zeroTerminated(); // the scheme's value
  if (!ID3_SCHEME.test(scheme)) return;
  if (timescale === 0) throw new BadData("an event without a time scale");
  const at = Math.round((time * TICKS) / timescale);
  for (const text of userTexts(reader.rest())) {
    if (text.description === SCHEME) yield { at, message: messageFromText(text.value) };
  }
}

interface UserText {
  readonly description: string;
  readonly value: string;
}

function* userTexts(tag: Uint8Array): Generator<UserText> {
  const header = new Reader(tag);
  if (header.latin1(3) !== "ID3") throw new BadData("an event without an ID3 tag");
  const major = header.uint8();
  header.skip(1);
  const flags = header.uint8();
  if (major !== 4 || flags !== 0) throw new BadData(`an ID3 tag of version ${major}, flags ${flags}`);
  const frames = new Reader(header.take(header.syncsafe()));
  while (frames.left >= 10) {
    const id = frames.latin1(4);
    if (id === "\0\0\0\0") return; // padding
    const size = frames.syncsafe();
    const flagged = frames.uint16();
    const content = frames.take(size);
    if (id !== "TXXX") continue;
    if (flagged !== 0) throw new BadData("an ID3 frame that is compressed or encrypted");
    const reader = new Reader(content);
    if (reader.uint8() !== 3) throw new BadData("an ID3 text that is not UTF-8");
    const description = reader.zeroTerminated();
    const rest = reader.rest();
    const end = rest.indexOf(0);
    yield { description, value: utf8(end < 0 ? rest : rest.subarray(0, end)) };
  }
}

/** Takes bytes from the front; reading past the end throws BadData. */
class Reader {
  at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  skip(count: number): void {
    if (count > this.left) throw new BadData(`${count} bytes are wanted; ${this.left} are left`);
    this.at += count;
  }

  take(count: number): Uint8Array {
    const from = this.at;
    this.skip(count);
    return this.bytes.subarray(from, from + count);
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }

  uint8(): number {
    this.skip(1);
    return this.view.getUint8(this.at - 1);
  }

  uint16(): number {
    this.skip(2);
    return this.view.getUint16(this.at - 2);
  }

  uint32(): number {
    this.skip(4);
    return this.view.getUint32(this.at - 4);
  }

  uint64(): number {
    this.skip(8);
    const value = this.view.getBigUint64(this.at - 8);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadData(`${value} is too large`);
    return Number(value);
  }

  /** Seven bits a byte, as ID3 writes sizes. */
  syncsafe(): number {
    const bytes = this.take(4);
    let value = 0;
    for (const byte of bytes) {
      if (byte > 127) throw new BadData("an ID3 size with its highest bit set");
      value = value * 128 + byte;
    }
    return value;
  }

  latin1(count: number): string {
    return String.fromCharCode(...this.take(count));
  }

  zeroTerminated(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new BadData("a text without an end");
    const text = utf8(this.take(end - this.at));
    this.skip(1);
    return text;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BadData("a text that is not UTF-8");
  }
}
