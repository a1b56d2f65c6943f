/** X.509 certificates, as far as the page needs them: whose key, issued by whom, for when. */

import { same, utf8 } from "./cbor";
import { imported, right } from "./cose";
import { hex } from "./boxes";
import { BadProof, type Signer } from "./verdict";

const TEST_MARK = "Test authority, made by its own user";
const CLAIM_SIGNING = hex("2b0601040183e85e0201"); // 1.3.6.1.4.1.62558.2.1
const CN = hex("550403");
const ORGANIZATION = hex("55040a");
const UNIT = hex("55040b");
const BASIC_CONSTRAINTS = hex("551d13");
const EXTENDED_USAGE = hex("551d25");

interface Der {
  readonly tag: number;
  /** The whole element. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
}

export interface Certificate {
  readonly raw: Uint8Array;
  readonly signedPart: Uint8Array;
  readonly signature: Uint8Array;
  readonly key: CryptoKey;
  readonly subject: Der;
  readonly issuer: Der;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly authority: boolean;
  readonly signsClaims: boolean;
}

/** One certificate in DER. Throws BadProof. */
export async function certificate(raw: Uint8Array): Promise<Certificate> {
  const [body, , bits] = children(one(raw));
  if (!body || !bits) throw new BadProof("a certificate that is cut off");
  const fields = children(body);
  const [, , issuer, validity, subject, key] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  if (!issuer || !validity || !subject || !key) throw new BadProof("a certificate that lacks something");
  const [notBefore, notAfter] = children(validity).map(time);
  const extensions = fields.filter(({ tag }) => tag === 0xa3).flatMap((outer) => children(outer).flatMap(children));
  const extension = (oid: Uint8Array) => {
    const found = extensions.map(children).find((parts) => parts[0] && same(parts[0].content, oid));
    return found ? one(found.at(-1)!.content) : null;
  };
  const uses = extension(EXTENDED_USAGE);
  const constraints = extension(BASIC_CONSTRAINTS);
  return {
    raw,
    signedPart: body.raw,
    signature: plain(bits.content.subarray(1)),
    key: await imported("spki", key.raw),
    subject,
    issuer,
    notBefore: notBefore ?? NaN,
    notAfter: notAfter ?? NaN,
    authority: constraints !== null && children(constraints).some(({ tag, content }) => tag === 1 && content[0] === 255),
    signsClaims: uses !== null && children(uses).some(({ content }) => same(content, CLAIM_SIGNING)),
  };
}

/** Who a chain names, once each certificate was issued by the next. Throws BadProof. */
export async function signerOf(chain: readonly Certificate[]): Promise<Signer> {
  const own = chain[0]!;
  if (own.authority || !own.signsClaims) throw new BadProof("a certificate that is not one for signing claims");
  for (const [i, upper] of chain.slice(1).entries()) {
    const lower = chain[i]!;
    const issued = upper.authority && same(lower.issuer.raw, upper.subject.raw);
    if (!issued || !(await right(upper.key, lower.signature, lower.signedPart))) {
      throw new BadProof("a certificate that was not issued by the next in its chain");
    }
  }
  const top = chain.at(-1)!.issuer;
  return {
    name: said(own.subject, CN),
    organization: said(own.subject, ORGANIZATION),
    authority: said(top, CN),
    test: said(top, UNIT) === TEST_MARK,
    notBefore: Math.max(...chain.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...chain.map(({ notAfter }) => notAfter)),
  };
}

function said(name: Der, attribute: Uint8Array): string {
  for (const set of children(name)) {
    for (const pair of children(set)) {
      const [oid, value] = children(pair);
      if (oid && value && same(oid.content, attribute)) return utf8(value.content);
    }
  }
  return "";
}

function time({ tag, content }: Der): number {
  const text = utf8(content);
  const century = tag === 0x17 ? (Number(text.slice(0, 2)) < 50 ? "20" : "19") : "";
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** An ECDSA signature as WebCrypto has it, from DER: r and s, 32 bytes each. */
function plain(bytes: Uint8Array): Uint8Array {
  const found = new Uint8Array(64);
  for (const [i, { content }] of children(one(bytes)).slice(0, 2).entries()) {
    const digits = content.subarray(content.findIndex((byte) => byte !== 0));
    if (digits.length > 32) throw new BadProof("a signature of a size that can't be");
    found.set(digits, 32 * (i + 1) - digits.length);
  }
  return found;
}

function one(bytes: Uint8Array): Der {
  const found = elements(bytes);
  if (found.length !== 1) throw new BadProof("a certificate with something behind it");
  return found[0]!;
}

const children = ({ content }: Der): Der[] => elements(content);

function elements(bytes: Uint8Array): Der[] {
  const found: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const short = bytes[at + 1] ?? 0xff;
    const extra = short < 128 ? 0 : short & 127;
    if (extra > 3) throw new BadProof("a certificate of a length that can't be");
    let length = extra ? 0 : short;
    for (let i = 0; i < extra; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + extra;
    if (start + length > bytes.length) throw new BadProof("a certificate that is cut off");
    found.push({ tag: bytes[at]!, raw: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
