import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BadValue, canonical, written, type Json } from "./jcs";

const VECTORS = new URL("../../../tests/data/trust/jcs/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, VECTORS), "utf-8");
const parsed = (name: string) => JSON.parse(read(`${name}.json`)) as Json;

test.each(["arrays", "french", "structures", "unicode", "values", "weird"])("%s is written as its author has it", (name) => {
  const bytes = Buffer.from(read(`${name}.hex`).replace(/\s/g, ""), "hex");
  expect(Buffer.from(new TextEncoder().encode(written(parsed(name))))).toEqual(bytes);
});

test("names stand in the order of their UTF-16 code units", () => {
  expect(written({ "\ufb33": 0, "\u{1f600}": 0, "\u20ac": 0, "1": 0, "\r": 0, "": 0 })).toBe(
    '{"":0,"\\r":0,"1":0,"\u20ac":0,"\u{1f600}":0,"\ufb33":0}',
  );
});

test("what programs could read differently is not signed", () => {
  const bad: unknown[] = [0.5, 2 ** 53, NaN, Infinity, "A\u030a", { "A\u030a": 0 }, "\ud800", ["\udc00x"], undefined, { a: undefined }, 1n, () => 0];
  for (const value of bad) expect(() => canonical(value as Json), String(value)).toThrow(BadValue);
  expect(Buffer.from(canonical({ b: [2 ** 53 - 1, -1, "é"], a: null })).toString()).toBe('{"a":null,"b":[9007199254740991,-1,"é"]}');
});

const text = fc.string({ unit: "binary" }).map((one) => one.normalize("NFC"));
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((one) => one + 0), // JSON has no minus zero
    text,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test("what was written is read as the same value, and order makes no difference", () => {
  const turned = (one: Json): Json => {
    if (Array.isArray(one)) return one.map(turned);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).reverse().map(([name, item]) => [name, turned(item)]));
  };
  fc.assert(
    fc.property(value, (given) => {
      const bytes = canonical(given);
      expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(given);
      expect(canonical(turned(given))).toEqual(bytes);
    }),
  );
});
