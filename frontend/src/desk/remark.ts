/** The document that an expert signs: `remark/1`, as `quality_creator.trust.remark` reads it. */

import type { Json } from "./jcs";
import { signed, type Document } from "./proof";
import type { Span } from "./span";

export type Kind = "remark" | "measure-again" | "open-limits" | "measurements" | "withdrawal";

/** What a remark is about, where it is not simply about its span. */
export type About =
  | { readonly characteristic: string }
  | { readonly lot: string; readonly unit?: string }
  | { readonly frame: { readonly at: number; readonly segment: number; readonly sha256: string; readonly strokes: readonly (readonly number[])[] } };

export interface Result {
  readonly unit: string;
  readonly characteristic: string;
  /** A decimal number as text; empty where nothing was measured. */
  readonly value: string;
  readonly unitOfMeasure: string;
  readonly conforming: boolean;
}

/** What the expert gives; the rest follows from who and where they are. */
export interface Said {
  readonly kind: Kind;
  readonly words: string;
  readonly span?: Span;
  readonly about?: About;
  readonly results?: readonly Result[];
  readonly withdraws?: string;
}

/** Whom the hub takes the reader for, and what it has seen. */
export interface Speaker {
  readonly episode: string;
  readonly institution: string;
  readonly name: string;
  readonly language: "zh" | "en";
  readonly seen: { readonly size: number; readonly root: string } | null;
}

/** A key, and its public part as Multikey. */
export interface Key {
  readonly pair: CryptoKeyPair;
  readonly name: string;
}

/** A remark as it is sent: canonical and signed. `id` is a UUID that was never used. */
export async function sign(said: Said, speaker: Speaker, key: Key, id: string, now: Date): Promise<Document> {
  const { seen, ...who } = speaker;
  const document = {
    type: "remark/1",
    id: `urn:uuid:${id}`,
    expert: `did:key:${key.name}`,
    ...who,
    ...said,
    ...(seen ? { seen } : {}),
  };
  // What people type may be composed in another way than what is signed.
  return signed(composed(document) as Document, key.pair.privateKey, `did:key:${key.name}#${key.name}`, now);
}

/** With all text in the form in which it is signed. */
export function composed(value: unknown): Json {
  if (typeof value === "string") return value.normalize("NFC");
  if (Array.isArray(value)) return value.map(composed);
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, composed(item)]));
}
