import fc from "fast-check";
import { expect, test } from "vitest";
import { closer, CLOSEST, Drawing, MOST_POINTS, MOST_STROKES, moved, simple, through, WHOLE, type Look } from "./drawing";

const line = (drawing: Drawing, ...points: readonly (readonly [number, number])[]) => {
  const [first, ...rest] = points;
  const begun = drawing.begin(...first!);
  for (const point of rest) drawing.go(...point);
  drawing.end();
  return begun;
};

test("lines are kept in ten-thousandths, inside the picture, and taken back from the last one", () => {
  const drawing = new Drawing();
  line(drawing, [0.25, 0.5], [0.75, 0.5]);
  line(drawing, [0.1, 0.1]);
  line(drawing, [-0.2, 1.4], [0.5, 0.5]);
  expect(drawing.strokes).toEqual([[2500, 5000, 7500, 5000], [1000, 1000], [0, 10_000, 5000, 5000]]);
  drawing.undo();
  drawing.undo();
  expect(drawing.strokes).toEqual([[2500, 5000, 7500, 5000]]);
  drawing.undo();
  drawing.undo();
  expect(drawing.strokes).toEqual([]);
});

test("a line that a second finger breaks off leaves nothing", () => {
  const drawing = new Drawing();
  drawing.begin(0.5, 0.5);
  drawing.go(0.6, 0.6);
  drawing.drop();
  drawing.go(0.7, 0.7);
  drawing.end();
  expect(drawing.strokes).toEqual([]);
});

test("a straight line needs two points, a corner a third, and no point is far from what was drawn", () => {
  expect(simple(Array.from({ length: 100 }, (_, i) => [i * 50, i * 20]).flat())).toEqual([0, 0, 4950, 1980]);
  expect(simple([0, 0, 500, 3, 1000, 0, 1003, 500, 1000, 1000])).toEqual([0, 0, 1000, 0, 1000, 1000]);
  const circle = Array.from({ length: 361 }, (_, i) => [5000 + 2000 * Math.cos((i * Math.PI) / 180), 5000 + 2000 * Math.sin((i * Math.PI) / 180)]);
  const kept = simple(circle.flat());
  expect(kept.length / 2).toBeLessThan(40);
  for (let i = 0; i < kept.length; i += 2) expect(Math.hypot(kept[i]! - 5000, kept[i + 1]! - 5000)).toBeCloseTo(2000, 6);
});

test("never more lines or points than a remark may have", () => {
  const many = new Drawing();
  for (let i = 0; i < MOST_STROKES; i++) expect(line(many, [i / 200, 0])).toBe(true);
  expect(line(many, [0, 0])).toBe(false);
  expect(many.strokes.length).toBe(MOST_STROKES);
  const long = new Drawing();
  long.begin(0, 0);
  for (let i = 0; i < 2 * MOST_POINTS; i++) long.go((i * 0.618) % 1, (i * 0.414) % 1);
  long.end();
  expect(long.strokes.flat().length).toBeLessThanOrEqual(2 * MOST_POINTS);
});

test("what is under the finger stays there, and the picture never leaves its window", () => {
  const step = fc.oneof(
    fc.record({ factor: fc.double({ min: 0.1, max: 10, noNaN: true }), x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ dx: fc.double({ min: -2, max: 2, noNaN: true }), dy: fc.double({ min: -2, max: 2, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let look: Look = WHOLE;
      for (const one of steps) {
        look = "factor" in one ? closer(look, one.factor, one.x, one.y) : moved(look, one.dx, one.dy);
        expect(look.scale).toBeGreaterThanOrEqual(1);
        expect(look.scale).toBeLessThanOrEqual(CLOSEST);
        const [start, end] = [through(look, 0, 0), through(look, 1, 1)];
        for (const share of [start.x, start.y, end.x, end.y]) expect(share).toBeGreaterThan(-1e-9);
        for (const share of [start.x, start.y, end.x, end.y]) expect(share).toBeLessThan(1 + 1e-9);
      }
    }),
  );
  const look = closer(closer(WHOLE, 2, 0.5, 0.5), 2, 0.25, 0.75);
  expect(through(look, 0.25, 0.75)).toEqual(through(closer(WHOLE, 2, 0.5, 0.5), 0.25, 0.75));
});
