/** Boxes of an MP4 as C2PA sees them, and the hash that binds them (`c2pa.hash.bmff.v3`). */

import { join } from "./cbor";
import { BadProof } from "./verdict";

export interface Box {
  readonly kind: string;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

export const C2PA_UUID = hex("d8fec3d61b0e483c92975828877ec481");
export const VSI_SCHEME = new TextEncoder().encode("urn:c2pa:verifiable-segment-info");

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The boxes side by side in a span. Throws BadProof where sizes don't fit. */
export function boxes(bytes: Uint8Array, start = 0, end = bytes.length): Box[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Box[] = [];
  let at = start;
  while (at < end) {
    if (end - at < 8) throw new BadProof("too few bytes for a box");
    let size = view.getUint32(at);
    let content = at + 8;
    if (size === 1 && end - at >= 16) {
      size = Number(view.getBigUint64(content));
      content += 8;
    } else if (size === 0) size = end - at;
    if (size < content - at || size > end - at) throw new BadProof("a box of a size that can't be");
    found.push({ kind: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), start: at, content, end: at + size });
    at += size;
  }
  return found;
}

/** Whether these bytes stand in a box at an offset from its start. */
export function holds(bytes: Uint8Array, box: Box, offset: number, value: Uint8Array): boolean {
  const start = box.start + offset;
  return start + value.length <= box.end && value.every((byte, i) => bytes[start + i] === byte);
}

/** SHA-256 over each box that is not left out, with its offset in front. */
export async function hashOf(bytes: Uint8Array, leftOut: (box: Box) => boolean): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const box of boxes(bytes)) {
    if (leftOut(box)) continue;
    const offset = new Uint8Array(8);
    new DataView(offset.buffer).setBigUint64(0, BigInt(box.start));
    pieces.push(offset, bytes.subarray(box.start, box.end));
  }
  return sha256(join(pieces));
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}
