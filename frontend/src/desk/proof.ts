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

/** The document with its proof, by the key that is called `did:key:{multikey}`. */
export async function signed(document: Document, key: CryptoKey, name: string, now: Date): Promise<Document> {
  const options = {
    type: "DataIntegrityProof",
    cryptosuite: "eddsa-jcs-2022",
    created: `${now.toISOString().slice(0, 19)}Z`,
    verificationMethod: `did:key:${name}#${name}`,
    proofPurpose: "assertionMethod",
  };
  const signature = await crypto.subtle.sign("Ed25519", key, await hashed(document, options));
  return { ...document, proof: { ...options, proofValue: `z${base58(new Uint8Array(signature))}` } };
}

/** What is signed. */
export async function hashed(document: Document, options: Document): Promise<Uint8Array<ArrayBuffer>> {
  const [first, second] = await Promise.all([options, document].map((one) => crypto.subtle.digest("SHA-256", canonical(one))));
  return Uint8Array.from([...new Uint8Array(first!), ...new Uint8Array(second!)]);
}
