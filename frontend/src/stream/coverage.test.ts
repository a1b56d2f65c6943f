import fc from "fast-check";
import { expect, test } from "vitest";
import { Coverage, type Listed } from "./coverage";

const listed: Listed[] = Array.from({ length: 10 }, (_, msn) => ({ msn, start: msn * 1.92, duration: 1.92 }));
const missing = (coverage: Coverage, from: number, to: number) =>
  coverage.missing(listed, from, to).map(({ msn }) => msn);

test("of a fresh page everything up to the frame is missing, the newest first", () => {
  expect(missing(new Coverage(), 3, 9)).toEqual([4, 3, 2, 1]);
});

test("a viewer who joins in mid-segment misses what came before", () => {
  const coverage = new Coverage();
  coverage.part(4, 0.96, 0.32);
  expect(missing(coverage, 7.7, 4 * 1.92 + 1.1)).toEqual([4]);
  coverage.begun(4, 0.96);
  expect(missing(coverage, 7.7, 4 * 1.92 + 1.1)).toEqual([]);
  expect(missing(coverage, 7.7, 4 * 1.92 + 1.5)).toEqual([4]);
});

test("parts cover their segment in whatever order they come", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (order) => {
      const coverage = new Coverage();
      order.forEach((index, i) => {
        coverage.part(2, index * 0.32, 0.32);
        if (i < 5) expect(missing(coverage, 3.9, 5.7)).toEqual([2]);
      });
      expect(missing(coverage, 3.9, 5.7)).toEqual([]);
    }),
  );
});

test("a frame at the very start of a segment needs that segment", () => {
  expect(missing(new Coverage(), 1.9201, 1.92)).toEqual([1]);
});
