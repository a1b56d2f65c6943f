import fc from "fast-check";
import { expect, test } from "vitest";
import { TICKS } from "../stream/message";
import type { Mark } from "../stream/store";
import { clusters, divisions } from "./ruler";

const lengths = fc.double({ min: 0.5, max: 40_000, noNaN: true });
const widths = fc.integer({ min: 200, max: 2000 });

test("labels never touch, and the ruler begins at nought", () => {
  fc.assert(
    fc.property(lengths, widths, (duration, width) => {
      const all = divisions(duration, width);
      const majors = all.filter(({ major }) => major).map(({ seconds }) => (seconds / duration) * width);
      expect(all[0]).toEqual({ seconds: 0, major: true });
      majors.slice(1).forEach((x, i) => expect(x - majors[i]!).toBeGreaterThanOrEqual(63.9));
      expect(all.length).toBeLessThan(width / 7 + 2);
    }),
  );
});

test("ten minutes over 900 pixels are divided by minutes", () => {
  const majors = divisions(600, 900).filter(({ major }) => major);
  expect(majors.map(({ seconds }) => seconds)).toEqual([0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600]);
});

test("every mark is in one cluster, in order, and clusters can be told apart", () => {
  const times = fc.array(fc.integer({ min: 0, max: 3600 * TICKS }), { maxLength: 60 });
  fc.assert(
    fc.property(times, widths, (ats, width) => {
      const marks: Mark[] = ats
        .sort((a, b) => a - b)
        .map((at, index) => ({ at, index, characteristic: "force", rule: "nelson-1" }));
      const groups = clusters(marks, 3600, width);
      expect(groups.flatMap((group) => group.marks)).toEqual(marks);
      groups.slice(1).forEach((group, i) => expect(group.x - groups[i]!.x).toBeGreaterThanOrEqual(14));
    }),
  );
});
