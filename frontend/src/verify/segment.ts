/** Checks one whole segment by itself: its signature, its key, its bytes. */

import { boxes, hashOf, holds, VSI_SCHEME, type Box } from "./boxes";
import { decode, entry, same, utf8 } from "./cbor";
import { requireSigned, sign1, type Sign1 } from "./cose";
import { exclusions, type Manifest } from "./manifest";
import { BadProof, type Verdict } from "./verdict";

type Checked = Omit<Verdict, "msn" | "took">;

const SCHEME_AT = 12; // within an `emsg` of version 0, its header included

const isSignature = (bytes: Uint8Array) => (box: Box) => box.kind === "emsg" && holds(bytes, box, SCHEME_AT, VSI_SCHEME);

/** The manifest that a segment's signature names; null where it names none. Nothing of it is checked. */
export function namedIn(bytes: Uint8Array): string | null {
  try {
    const box = boxes(bytes).find(isSignature(bytes));
    const { payload } = box ? messageIn(bytes, box) : { payload: null };
    return payload ? entry(decode(payload), "manifestId", "text") : null;
  } catch (error) {
    if (!(error instanceof BadProof)) throw error;
    return null;
  }
}

/** Whether a signature stands in a part: it is then the segment's last. */
export function isSigned(bytes: Uint8Array): boolean {
  try {
    return boxes(bytes).some(isSignature(bytes));
  } catch {
    return true; // what can't be read will not get better
  }
}

/**
 * What there is to say of a segment. Never throws.
 *
 * `manifests` are those of the same rendition; `at` is when it was made, milliseconds since 1970, or null
 * where it does not say.
 */
export async function check(bytes: Uint8Array, manifests: readonly Manifest[], at: number | null): Promise<Checked> {
  try {
    const found = boxes(bytes).filter(isSignature(bytes));
    if (found.length === 0) return { state: "unsigned", sequence: null, reason: "", source: null };
    if (found.length > 1) throw new BadProof("more than one signature");
    return await signedBy(bytes, found[0]!, manifests, at);
  } catch (error) {
    if (!(error instanceof BadProof)) throw error;
    return { state: "altered", sequence: null, reason: error.message, source: null };
  }
}

async function signedBy(bytes: Uint8Array, box: Box, manifests: readonly Manifest[], at: number | null): Promise<Checked> {
  const message = messageIn(bytes, box);
  if (message.payload === null) throw new BadProof("a signature without what it signs");
  const info = decode(message.payload);
  const urn = entry(info, "manifestId", "text");
  const sequence = entry(info, "sequenceNumber", "number");
  const manifest = manifests.find((one) => one.urn === urn);
  if (!manifest) throw new BadProof("its signature names a manifest that this rendition does not have");
  const kid = entry(message.unprotected, 4, "bytes");
  const key = manifest.keys.find((one) => same(one.kid, kid));
  if (!key) throw new BadProof("it was signed with a key that its manifest does not know");
  await requireSigned(message, key.key);
  const hash = entry(info, "bmffHash", "map");
  if (exclusions(hash) !== "/emsg") throw new BadProof("the hash leaves out other boxes than it may");
  if (!same(entry(hash, "hash", "bytes"), await hashOf(bytes, isSignature(bytes)))) {
    throw new BadProof("its bytes are not the ones that were signed");
  }
  if (sequence < key.first) throw new BadProof("its number is below the first of its key");
  const { notBefore, notAfter } = manifest.signer;
  if (at !== null && !(at >= key.from && at <= key.until && at >= notBefore && at <= notAfter)) {
    throw new BadProof("its key or certificate was not valid when it was made");
  }
  const { signer, anchor, since } = manifest;
  return { state: "valid", sequence, reason: "", source: { urn, signer, anchor, since } };
}

function messageIn(bytes: Uint8Array, box: Box): Sign1 {
  const values = box.start + SCHEME_AT + VSI_SCHEME.length;
  if (!holds(bytes, box, 8, new Uint8Array(4))) throw new BadProof("an event of another version");
  if (utf8(bytes.subarray(values, values + 6)) !== "\0fseg\0") throw new BadProof("a signature of another kind");
  return sign1(decode(bytes.subarray(values + 6 + 16, box.end)));
}
