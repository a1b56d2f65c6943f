import fc from "fast-check";
import { expect, test } from "vitest";
import { LAST_TICKS, markIn, markOut, spanOf, UNMARKED } from "./span";

const S = 90_000;

test("without marks it is the last ten seconds, and never before the beginning", () => {
  expect(spanOf(UNMARKED, 60 * S)).toEqual({ from: 50 * S, to: 60 * S });
  expect(spanOf(UNMARKED, 4 * S)).toEqual({ from: 0, to: 4 * S });
});

test("a beginning alone grows with what is seen; an end alone has ten seconds before it", () => {
  expect(spanOf(markIn(UNMARKED, 20 * S), 25 * S)).toEqual({ from: 20 * S, to: 25 * S });
  expect(spanOf(markIn(UNMARKED, 20 * S), 5 * S)).toEqual({ from: 5 * S, to: 20 * S }); // went back
  expect(spanOf(markOut(UNMARKED, 20 * S), 90 * S)).toEqual({ from: 10 * S, to: 20 * S });
});

test("the newest mark counts where the two contradict each other", () => {
  const both = markOut(markIn(UNMARKED, 10 * S), 20 * S);
  expect(both).toEqual({ from: 10 * S, to: 20 * S });
  expect(markIn(both, 30 * S)).toEqual({ from: 30 * S, to: null });
  expect(markOut(both, 5 * S)).toEqual({ from: null, to: 5 * S });
});

test("whatever is pressed when, a span begins before it ends and lies in the programme", () => {
  const times = fc.array(fc.tuple(fc.boolean(), fc.nat(1000 * S)));
  fc.assert(
    fc.property(times, fc.nat(1000 * S), (presses, now) => {
      const marks = presses.reduce((found, [start, at]) => (start ? markIn : markOut)(found, at), UNMARKED);
      const { from, to } = spanOf(marks, now);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      if (marks.from === null) expect(to - from).toBeLessThanOrEqual(LAST_TICKS);
    }),
  );
});
