import fc from "fast-check";
import { expect, test } from "vitest";
import { margin, pace, PACE_MS } from "./pace";

/** A player of parts: each arrives whole, late by chance; the clock of the stream runs on. */
function play(seconds: number, start: number, target: number, part: number, delays: () => number) {
  let position = -start;
  let buffered = -start;
  let stalled = 0;
  const latencies: number[] = [];
  const arrivals: { at: number; end: number }[] = [];
  for (let end = -start; end < seconds; end += part) arrivals.push({ at: end + delays(), end });
  const step = PACE_MS / 1000;
  for (let now = 0; now < seconds; now += step) {
    for (const arrival of arrivals) if (arrival.at <= now) buffered = Math.max(buffered, arrival.end);
    const choice = pace({ latency: now - position, target, ahead: buffered - position });
    if (choice.kind === "jump") position = now - target;
    else {
      const wanted = position + step * choice.rate;
      if (wanted > buffered) stalled += wanted - buffered;
      position = Math.min(wanted, Math.max(buffered, position));
    }
    latencies.push(now - position);
  }
  return { latencies, stalled };
}

test("a viewer who starts too far behind reaches the target and stays there without a stop", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 5, noNaN: true }),
      fc.array(fc.double({ min: 0, max: 0.15, noNaN: true }), { minLength: 50, maxLength: 50 }),
      (start, chances) => {
        let i = 0;
        const delays = () => 0.02 + chances[i++ % 50]!;
        const { latencies, stalled } = play(120, start, 0.96, 0.32, delays);
        const settled = latencies.slice(-100);
        expect(Math.max(...settled)).toBeLessThan(1.15);
        expect(Math.min(...settled)).toBeGreaterThan(0.8);
        expect(stalled).toBeLessThan(0.05);
      },
    ),
    { numRuns: 50 },
  );
});

test("after a long break the picture jumps to the live edge instead of hurrying", () => {
  expect(pace({ latency: 30, target: 1, ahead: 0.2 })).toEqual({ kind: "jump" });
});

test("with the buffer nearly empty it slows down, whatever the delay", () => {
  expect(pace({ latency: 3, target: 1, ahead: 0.05 })).toEqual({ kind: "rate", rate: 0.95 });
});

test("each stop costs 0.15 s for a minute, and never more than 0.6 s", () => {
  expect(margin([], 0)).toBe(0);
  expect(margin([0, 30_000], 50_000)).toBeCloseTo(0.3);
  expect(margin([0, 30_000], 80_000)).toBeCloseTo(0.15);
  expect(margin([1, 2, 3, 4, 5, 6, 7, 8, 9], 10)).toBeCloseTo(0.6);
});
