/**
 * What an authority signs: an endorsement, a dissent, a change of an endorsement, and its lists; byte for byte as
 * `quality_creator.trust` reads it.
 */

import type { Json } from "../desk/jcs";
import { multikey, signed, type Document } from "../desk/proof";
import { composed } from "../desk/remark";
import { base64 } from "./merkle";
import type { KeyPair } from "./pem";

/** An endorsement that was made at this desk, as `qc endorse` keeps it, too. */
export interface Issued {
  readonly id: string;
  readonly position: number;
  readonly list: string;
  readonly digest: string;
  readonly created: string;
  readonly revoked: boolean;
  readonly suspended: boolean;
}

export interface Authority {
  /** did:web. */
  readonly did: string;
  readonly name: string;
  readonly key: KeyPair;
}

/** What is vouched for, or not. */
export interface Subject {
  readonly id: string;
  readonly digest: string;
}

export type Status = "revoked" | "suspended" | "reinstated";

const CREDENTIALS = "https://www.w3.org/ns/credentials/v2";
const OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2";

const LIST_SIZE = 131_072;
const DAY_MS = 86_400_000;
const PURPOSES = ["revocation", "suspension"] as const;

const time = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
const urn = (): string => `urn:uuid:${crypto.randomUUID()}`;

/** An endorsement, and what must be remembered of it. `taken` are positions in the list that are used. */
export async function endorse(
  by: Authority,
  of: Subject,
  words: { readonly comment: string; readonly until: Date; readonly list: string },
  issued: readonly Issued[],
  now: Date,
): Promise<{ document: Document; entry: Issued }> {
  const id = urn();
  const position = free(words.list, issued);
  const document = {
    "@context": [CREDENTIALS, OPEN_BADGES],
    id,
    type: ["VerifiableCredential", "EndorsementCredential"],
    issuer: { id: by.did, type: ["Profile"], name: by.name },
    validFrom: time(now),
    validUntil: time(words.until),
    credentialSubject: { id: of.id, type: ["EndorsementSubject"], endorsementComment: words.comment },
    relatedResource: [{ id: of.id, digestSRI: of.digest }],
    credentialStatus: PURPOSES.map((purpose) => {
      const address = listAddress(words.list, purpose);
      return {
        id: `${address}#${position}`,
        type: "BitstringStatusListEntry",
        statusPurpose: purpose,
        statusListIndex: String(position),
        statusListCredential: address,
      };
    }),
  };
  const entry = { id, position, list: words.list, digest: of.digest, created: time(now), revoked: false, suspended: false };
  return { document: await sign(by, document, now), entry };
}

/** That an authority does not vouch for it, and why. */
export const dissent = (by: Authority, of: Subject, reason: string, now: Date): Promise<Document> =>
  notice(by, "Dissent", { id: of.id, digestSRI: of.digest, reason, type: "DissentSubject" }, now);

/** That an endorsement counts no more, or again. */
export const change = (by: Authority, endorsement: string, status: Status, reason: string, now: Date): Promise<Document> =>
  notice(by, "EndorsementStatus", { id: endorsement, type: "EndorsementStatus", status, reason }, now);

/** Every list, signed anew; each counts for a day. */
export async function lists(by: Authority, issued: readonly Issued[], now: Date): Promise<Document[]> {
  const found: Document[] = [];
  for (const list of new Set(issued.map((one) => one.list))) {
    for (const purpose of PURPOSES) {
      const address = listAddress(list, purpose);
      const set = issued.filter((one) => one.list === list && (purpose === "revocation" ? one.revoked : one.suspended));
      const document = {
        "@context": [CREDENTIALS],
        id: address,
        type: ["VerifiableCredential", "BitstringStatusListCredential"],
        issuer: by.did,
        validFrom: time(now),
        validUntil: time(new Date(now.getTime() + DAY_MS)),
        credentialSubject: {
          id: `${address}#list`,
          type: "BitstringStatusList",
          statusPurpose: purpose,
          encodedList: await encoded(set.map(({ position }) => position)),
        },
      };
      found.push(await sign(by, document, now));
    }
  }
  return found;
}

/** Where an authority's list of revocations is published: on the site of what it endorses. */
export function defaultList(subject: string, did: string): string {
  const { origin } = new URL(subject);
  return `${origin}/status/${did.replace(/^did:web:/, "")}`;
}

const listAddress = (list: string, purpose: (typeof PURPOSES)[number]): string => (purpose === "revocation" ? list : `${list}/suspension`);

function free(list: string, issued: readonly Issued[]): number {
  const taken = new Set(issued.filter((one) => one.list === list).map(({ position }) => position));
  for (let tries = 0; tries < 256; tries++) {
    const position = crypto.getRandomValues(new Uint32Array(1))[0]! % LIST_SIZE; // a power of two: no bias
    if (!taken.has(position)) return position;
  }
  throw new Error(`the list ${list} is full`);
}

const notice = (by: Authority, kind: string, subject: Json, now: Date): Promise<Document> =>
  sign(
    by,
    {
      "@context": [CREDENTIALS, UNDEFINED_TERMS],
      id: urn(),
      type: ["VerifiableCredential", kind],
      issuer: by.did,
      validFrom: time(now),
      credentialSubject: subject,
    },
    now,
  );

function sign(by: Authority, document: Document, now: Date): Promise<Document> {
  return signed(composed(document) as Document, by.key.private, `${by.did}#${multikey(by.key.public)}`, now);
}

/** W3C Bitstring Status List: index 0 is the most significant bit of byte 0; gzip, base64url. */
async function encoded(positions: readonly number[]): Promise<string> {
  const bits = new Uint8Array(LIST_SIZE / 8);
  for (const position of positions) bits[position >> 3]! |= 0x80 >> (position & 7);
  const packed = new Response(new Blob([bits]).stream().pipeThrough(new CompressionStream("gzip")));
  const text = base64(new Uint8Array(await packed.arrayBuffer()));
  return `u${text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}
