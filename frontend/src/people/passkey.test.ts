import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, text } from "./passkey";

test("base64url goes there and back, without padding, as Node has it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (given) => {
      const encoded = text(Uint8Array.from(given).buffer);
      expect(encoded).toBe(Buffer.from(given).toString("base64url"));
      expect([...bytes(encoded)]).toEqual([...given]);
    }),
  );
});
