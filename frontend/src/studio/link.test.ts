import fc from "fast-check";
import { expect, it } from "vitest";
import { Frames } from "./link";

it("reads the same frames however the stream is cut", () => {
  const frame = fc.record({ kind: fc.nat(255), data: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(300)), (frames, cuts) => {
      const bytes = frames.flatMap(({ kind, data }) => [0, 0, 0, data.length, kind, ...data]);
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const reader = new Frames();
      const read = at.slice(1).flatMap((end, n) => reader.add(new Uint8Array(bytes.slice(at[n], end))));
      expect(read.map(({ kind, data }) => [kind, ...data])).toEqual(frames.map(({ kind, data }) => [kind, ...data]));
    }),
  );
});
