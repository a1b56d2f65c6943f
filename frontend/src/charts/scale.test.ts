import fc from "fast-check";
import { expect, test } from "vitest";
import { marks, spreadLabels, verticalRange } from "./scale";

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });

test("every point and every limit is within the scale", () => {
  const limits = fc.tuple(value, fc.double({ min: 1e-3, max: 1e4, noNaN: true })).map(([center, d]) => ({
    center,
    lower: center - d,
    upper: center + d,
  }));
  fc.assert(
    fc.property(fc.array(value), fc.option(limits), fc.integer({ min: 0, max: 6 }), (values, lines, decimals) => {
      const { min, max } = verticalRange(values, lines, null, decimals);
      expect(max).toBeGreaterThan(min);
      for (const y of [...values, ...(lines ? [lines.lower, lines.upper] : [])]) {
        expect(y).toBeGreaterThanOrEqual(min);
        expect(y).toBeLessThanOrEqual(max);
      }
    }),
  );
});

test("the scale stands still while the points are within the limits", () => {
  const limits = { center: 8, lower: 7, upper: 9 };
  const empty = verticalRange([], limits, null, 2);
  expect(verticalRange([7.2, 8.8, 8], limits, null, 2)).toEqual(empty);
  expect(verticalRange([9.6], limits, null, 2).max).toBeGreaterThan(9.6);
});

test("a spread's scale begins at nought", () => {
  const limits = { center: 0.4, lower: null, upper: 1.3 };
  expect(verticalRange([], limits, null, 2, 0).min).toBe(0);
  expect(verticalRange([0.1, 2.4], limits, null, 2, 0).min).toBe(0);
  expect(verticalRange([0.3], null, null, 2, 0).min).toBe(0);
});

test("marks are round, few, and within the range", () => {
  expect(marks({ min: 6.8, max: 9.2 }, 4)).toEqual([7, 8, 9]);
  fc.assert(
    fc.property(value, fc.double({ min: 1e-4, max: 1e5, noNaN: true }), fc.integer({ min: 2, max: 8 }), (min, height, most) => {
      const found = marks({ min, max: min + height }, most);
      expect(found.length).toBeLessThanOrEqual(most + 1);
      for (const mark of found) {
        expect(mark).toBeGreaterThanOrEqual(min - height * 1e-6);
        expect(mark).toBeLessThanOrEqual(min + height * (1 + 1e-6));
      }
    }),
  );
});

test("labels do not overlap while there is room for them", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 7 }), (ys) => {
      const placed = spreadLabels(ys.sort((a, b) => a - b), 13, 6, 94);
      placed.slice(1).forEach((y, i) => expect(y - placed[i]!).toBeGreaterThanOrEqual(13 - 1e-9));
      for (const y of placed) {
        expect(y).toBeGreaterThanOrEqual(6 - 1e-9);
        expect(y).toBeLessThanOrEqual(94);
      }
    }),
  );
});
