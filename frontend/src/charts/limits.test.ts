import { expect, test } from "vitest";
import { limitsAt, newest, ownOf, stairs, widest } from "./limits";

const common = { center: 0.04, lower: null, upper: null };
const points = [{ limits: { lower: null, upper: 0.12 } }, { limits: null }, { limits: { lower: 0.01, upper: 0.08 } }];

test("a point with an upper limit of its own has none below unless it says so", () => {
  expect(ownOf({ upper: 0.2 })).toEqual({ lower: null, upper: 0.2 });
  expect(ownOf({ lower: 0.1, upper: 0.2 })).toEqual({ lower: 0.1, upper: 0.2 });
  expect(ownOf({ lower: null, upper: null })).toBeNull();
});

test("where a point has no limits of its own the chart's hold", () => {
  expect(limitsAt({ center: 1, lower: 0, upper: 2 }, { limits: null })).toEqual({ center: 1, lower: 0, upper: 2 });
  expect(newest(common, points)).toEqual({ limits: { center: 0.04, lower: 0.01, upper: 0.08 }, uneven: true });
  expect(newest(common, [])).toEqual({ limits: common, uneven: false });
});

test("the scale has room for the widest limits", () => {
  expect(widest(common, points)).toEqual({ center: 0.04, lower: 0.01, upper: 0.12 });
});

test("steps change halfway between points, and the newest reaches the edge where its value is written", () => {
  expect(stairs([10, 20, 40], [1, null, 3], 0, 50)).toEqual([
    { x1: 5, x2: 15, y: 1 },
    { x1: 30, x2: 50, y: 3 },
  ]);
});
