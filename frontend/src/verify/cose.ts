/** COSE_Sign1 (RFC 9052) with ES256, by WebCrypto. */

import { decode, entry, signed, type Cbor, type CborMap, type Tagged } from "./cbor";
import { BadProof } from "./verdict";

const ES256 = -7;
const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const ECDSA = { name: "ECDSA", hash: "SHA-256" } as const;

export interface Sign1 {
  readonly protected: Uint8Array;
  readonly headers: CborMap;
  readonly unprotected: CborMap;
  readonly payload: Uint8Array | null;
  readonly signature: Uint8Array;
}

/** A COSE_Sign1 message; nothing of it is checked. */
export function sign1(value: Cbor): Sign1 {
  const { tag, value: parts } = value as Tagged;
  if (tag !== 18 || !Array.isArray(parts) || parts.length !== 4) throw new BadProof("no COSE_Sign1 message");
  const [head, unprotected, payload, signature] = parts as Cbor[];
  if (!(head instanceof Uint8Array) || !(unprotected instanceof Map) || !(signature instanceof Uint8Array)) {
    throw new BadProof("a COSE_Sign1 message without its parts");
  }
  if (payload !== null && !(payload instanceof Uint8Array)) throw new BadProof("a payload that is none");
  const headers = decode(head);
  if (!(headers instanceof Map)) throw new BadProof("headers that are no map");
  return { protected: head, headers: headers as CborMap, unprotected: unprotected as CborMap, payload: payload as Uint8Array | null, signature };
}

/** Check a signature over its own payload, or over one that stands elsewhere. Throws BadProof. */
export async function requireSigned(message: Sign1, key: CryptoKey, detached?: Uint8Array): Promise<void> {
  if ((message.payload === null) !== (detached !== undefined)) throw new BadProof("a payload that is attached and detached");
  const payload = message.payload ?? detached!;
  if (message.headers.get(1) !== ES256 || message.signature.length !== 64) throw new BadProof("a signature of another kind");
  if (!(await right(key, message.signature, signed(message.protected, payload)))) {
    throw new BadProof("the signature is not by this key over these bytes");
  }
}

export async function right(key: CryptoKey, signature: Uint8Array, bytes: Uint8Array): Promise<boolean> {
  return crypto.subtle.verify(ECDSA, key, signature as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>);
}

/** The P-256 key of a COSE_Key, and its name. */
export async function coseKey(value: Cbor): Promise<{ kid: Uint8Array; key: CryptoKey }> {
  const [x, y] = [entry(value, -2, "bytes"), entry(value, -3, "bytes")];
  const kind = [1, 3, -1].map((label) => entry(value, label, "number")).join();
  if (kind !== "2,-7,1" || x.length !== 32 || y.length !== 32) throw new BadProof("a session key of another kind");
  const point = Uint8Array.of(4, ...x, ...y);
  return { kid: entry(value, 2, "bytes"), key: await imported("raw", point) };
}

export async function imported(format: "raw" | "spki", bytes: Uint8Array): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey(format, bytes as Uint8Array<ArrayBuffer>, P256, false, ["verify"]);
  } catch {
    throw new BadProof("a key that is not one of P-256");
  }
}

