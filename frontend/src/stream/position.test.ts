import fc from "fast-check";
import { expect, test } from "vitest";
import { FRAME_TICKS, TICKS } from "./message";
import { Positions } from "./position";

test("every frame of a day is found again from the player's microseconds, whatever the offset", () => {
  const frames = fc.integer({ min: 0, max: 25 * 86_400 });
  const shift = fc.integer({ min: -90_000 * 3600, max: 90_000 * 3600 });
  fc.assert(
    fc.property(frames, shift, fc.constantFrom(1000, 48_000, TICKS), (n, ticks, timescale) => {
      const positions = new Positions();
      const base = Math.round((ticks * timescale) / TICKS);
      positions.found(3, base, timescale);
      const at = n * FRAME_TICKS;
      const seconds = positions.secondsOf(at, 3);
      const rounded = Math.floor(seconds * 1e6) / 1e6;
      expect(positions.frameAt(rounded, 3)).toBe(at);
      expect(positions.frameDuring(seconds + 0.02, 3)).toBe(at);
    }),
  );
});

test("a run that was not seen yet is taken as it is", () => {
  expect(new Positions().frameAt(1.92, 0)).toBe(48 * FRAME_TICKS);
});
