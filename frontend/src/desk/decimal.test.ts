import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "./decimal";

test.each([
  ["12.3", "12.3"],
  ["12,3", "12.3"],
  [" 12,30 ", "12.30"], // what was read off the instrument has this many places
  ["１２．３", "12.3"],
  ["１２，３", "12.3"],
  ["12。3", "12.3"],
  [",5", "0.5"],
  ["5,", "5"],
  ["007", "7"],
  ["+1", "1"],
  ["−1,5", "-1.5"],
  ["-0,0", "0.0"],
])("%s is %s", (typed, meant) => expect(decimal(typed)).toBe(meant));

test.each(["", " ", ",", "-", "1.234,5", "1,234,567", "1e3", "12 mm", "0x10", "NaN", "1 000", "1".repeat(16)])("%j is no number", (typed) =>
  expect(decimal(typed)).toBeNull(),
);

test("whatever is typed, what comes out is as the hub takes it", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.,-+ −，") }), (typed) => {
      const found = decimal(typed);
      if (found !== null) expect(found).toMatch(/^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?$/);
    }),
  );
});
