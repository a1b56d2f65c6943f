/**
 * Signs a document as `quality_creator.trust.proof` reads it: `eddsa-jcs-2022` of W3C's Data Integrity EdDSA
 * Cryptosuites. Signed is SHA-256(options) followed by SHA-256(document without proof), both as RFC 8785.
 */

import { canonical, type Json } from "./jcs";

export type Document = { readonly [name: string]: Json };

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ED25519 = [0xed, 0x01];

/** Bytes in base58 with Bitcoin's alphabet. */
export function base58(bytes: Uint8Array): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let digits = "";
  for (; number > 0n; number /= 58n) digits = ALPHABET[Number(number % 58n)] + digits;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + digits;
}

/** A public key of 32 bytes as Multikey. */
export const multikey = (raw: Uint8Array): string => `z${base58(Uint8Array.from([...ED25519, ...raw]))}`;

/** What base58 text stands for; null for what is none. */
export function unbase58(text: string): Uint8Array<ArrayBuffer> | null {
  let number = 0n;
  for (const sign of text) {
    const digit = ALPHABET.indexOf(sign);
    if (digit < 0) return null;
    number = number * 58n + BigInt(digit);
  }
  const digits = number ? number.toString(16) : "";
  const whole = digits.padStart(digits.length + (digits.length % 2), "0").match(/../g) ?? [];
  const zeros = text.length - text.replace(/^1+/, "").length;
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...whole.map((pair) => parseInt(pair, 16))]);
}

/** The 32 bytes of an Ed25519 Multikey; null for what is none. */
export function unmultikey(text: string): Uint8Array<ArrayBuffer> | null {
  const data = text.length < 128 && text.startsWith("z") ? unbase58(text.slice(1)) : null;
  return data?.length === 34 && data[0] === ED25519[0] && data[1] === ED25519[1] ? data.slice(2) : null;
}

/** The document with its proof, by the key that is called `method`. */
export async function signed(document: Document, key: CryptoKey, method: string, now: Date): Promise<Document> {
  const context = document["@context"];
  const options = {
    type: "DataIntegrityProof",
    cryptosuite: "eddsa-jcs-2022",
    created: `${now.toISOString().slice(0, 19)}Z`,
    verificationMethod: method,
    proofPurpose: "assertionMethod",
    ...(context === undefined ? {} : { "@context": context }),
  };
  const signature = await crypto.subtle.sign("Ed25519", key, await hashed(document, options));
  return { ...document, proof: { ...options, proofValue: `z${base58(new Uint8Array(signature))}` } };
}

/** Whether the key of 32 bytes signed a document with its one proof. */
export async function verified(document: Document, raw: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { proof, ...rest } = document;
  if (typeof proof !== "object" || proof === null || Array.isArray(proof)) return false;
  const { proofValue, ...options } = proof as Document;
  const signature = typeof proofValue === "string" && proofValue.length < 128 && proofValue.startsWith("z") ? unbase58(proofValue.slice(1)) : null;
  if (signature?.length !== 64) return false;
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, await hashed(rest, options));
}

/** What is signed. */
export async function hashed(document: Document, options: Document): Promise<Uint8Array<ArrayBuffer>> {
  const [first, second] = await Promise.all([options, document].map((one) => crypto.subtle.digest("SHA-256", canonical(one))));
  return Uint8Array.from([...new Uint8Array(first!), ...new Uint8Array(second!)]);
}
