import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { readBarcode, stripThrough, usualStrip, type Picture, type Strip } from "./barcode";

interface Recorded {
  readonly number: string | null;
  readonly width: number;
  readonly height: number;
  readonly strip: Strip;
  readonly luma: string;
}

const recorded = JSON.parse(
  readFileSync(new URL("../../tests/data/barcode/strips.json", import.meta.url), "utf8"),
) as readonly Recorded[];

/** Luma as a canvas would give it. */
function picture({ width, height, luma }: Recorded): Picture {
  const grey = Buffer.from(luma, "base64");
  return { width, height, data: Uint8ClampedArray.from(Array.from(grey).flatMap((y) => [y, y, y, 255])) };
}

test("reads the recorded strips exactly as the Python reader does", () => {
  const found = recorded.map((entry) => readBarcode(picture(entry), entry.strip));
  expect(found).toEqual(recorded.map(({ number }) => (number === null ? null : BigInt(number))));
});

test("knows the usual place, and follows it into a tile", () => {
  expect(usualStrip(640, 360)).toEqual({ x: 0, y: 0, width: 320, height: 32 });
  expect(usualStrip(1280, 720)).toEqual({ x: 0, y: 0, width: 640, height: 64 });
  const tile = { x: 320, y: 90, width: 320, height: 180 };
  expect(stripThrough(usualStrip(640, 360), { width: 640, height: 360 }, tile)).toEqual({
    x: 320,
    y: 90,
    width: 160,
    height: 16,
  });
});

test("refuses a picture that is too small for a strip", () => {
  expect(() => usualStrip(150, 90)).toThrow("a picture of 150x90 is too small for a strip");
});
