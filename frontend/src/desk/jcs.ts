/**
 * Writes a value as JSON in the one way that RFC 8785 allows, so that a signature means the value.
 *
 * What is signed here is narrower than the RFC, as `quality_creator.trust.jcs` has it: no fractions, no
 * integer beyond 2^53 - 1, text in NFC.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The value can't be written, or not so that every program reads the same. */
export class BadValue extends Error {
  override readonly name = "BadValue";
}

/** RFC 8785's text of a value, fractions and all. Throws BadValue for what is no JSON. */
export function written(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new BadValue(`${value} is no number of JSON`);
    return JSON.stringify(value); // the RFC's numbers are ECMAScript's
  }
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value !== "object") throw new BadValue(`a ${typeof value} can't stand in a document`);
  const members = value as { readonly [name: string]: Json };
  // Without a comparison of its own, sort() goes by UTF-16 code units, as the RFC does.
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${quoted(name)}:${written(members[name]!)}`).join(",")}}`;
}

/** A document's bytes, which are signed and sent. Throws BadValue for what may not stand in one. */
export function canonical(value: Json): Uint8Array<ArrayBuffer> {
  check(value);
  return new TextEncoder().encode(written(value));
}

function check(value: Json): void {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new BadValue(`${value} is no safe integer`);
  if (typeof value === "string") checkText(value);
  else if (Array.isArray(value)) value.forEach(check);
  else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      checkText(name);
      check(item);
    }
  }
}

function checkText(text: string): void {
  if (text !== text.normalize("NFC")) throw new BadValue("text that is not in Unicode's form NFC");
}

function quoted(text: string): string {
  // By code points, only half a pair is a surrogate; JSON.stringify would write it as an escape.
  if (/[\ud800-\udfff]/u.test(text)) throw new BadValue("text with half a surrogate pair");
  return JSON.stringify(text);
}
