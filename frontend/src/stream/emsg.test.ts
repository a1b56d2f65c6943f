import fc from "fast-check";
import { expect, test } from "vitest";
import { messagesOf } from "./emsg";
import { BadData, type TimedMessage } from "./message";
import { box, bytes, emsg, frame, someDefinition, someGraphic, somePoint, textOf, utf8 } from "./testing";

const definitions: TimedMessage = {
  at: frame(0),
  message: {
    type: "definitions",
    characteristics: [
      someDefinition(),
      someDefinition({
        chart: "ewma",
        weight: 0.1,
        width: 2.7,
        capability: {
          time: 1_760_000_000_000_000, values: 250, cpk: 1.21, cpkLow: 1.1, cpkHigh: 1.32, ppk: 1.15, ppkLow: 1.04, ppkHigh: 1.26,
          stable: false, provisional: false, normal: true,
        },
      }),
    ],
    lines: [
      {
        line: "panels", name: { "zh-Hans": "板材线", en: "Panel line" }, shift: "day", start: 1_760_000_000_000_000, time: 1_760_000_000_500_000,
        availability: 0.9, performance: 1.02, quality: null, oee: null, unknownS: 12.5,
      },
    ],
  },
};
const data: TimedMessage = {
  at: frame(3),
  message: {
    type: "data",
    utc: 1_760_000_000_120_000,
    points: [
      somePoint({ signals: [{ rule: "nelson-1", continuing: false }] }),
      somePoint({ index: 1, status: "bad", plotted: null, location: null, spread: null, late: true }),
      somePoint({ index: 2, value: 3, location: 0.06, spread: null, foundIn: 50, upper: 0.12 }),
    ],
    counters: [{ line: "panels", time: 1_760_000_000_000_000, total: 250, rejected: 3 }],
    graphics: [someGraphic(), someGraphic({ id: "o", template: "oee", fields: {}, line: "panels" })],
  },
};
const event = (message: TimedMessage) => emsg(message.at, textOf(message));
const part = bytes(
  box("styp", utf8("cmfl")),
  event(definitions),
  event(data),
  box("moof", new Uint8Array(40)),
  box("mdat", new Uint8Array(400).fill(0x65)),
);

test("a part's messages are read with all their fields", () => {
  expect(messagesOf(part)).toEqual([definitions, data]);
});

test("events of other schemes and other descriptions are passed over", () => {
  const foreign = bytes(
    emsg(0, "{}", { scheme: "urn:scte:scte35:2013:bin" }),
    emsg(0, "{}", { description: "somebody-else" }),
    event(data),
  );
  expect(messagesOf(foreign)).toEqual([data]);
});

test("another time scale is converted to ticks", () => {
  expect(messagesOf(emsg(120, textOf(data), { timescale: 1000 }))[0]?.at).toBe(frame(3));
});

test("a box with a 64-bit size is passed over as a whole", () => {
  const large = bytes([0, 0, 0, 1], utf8("mdat"), [0, 0, 0, 0, 0, 0, 0, 20], [1, 2, 3, 4]);
  expect(messagesOf(bytes(large, event(data)))).toEqual([data]);
});

test.each([
  ["more bytes than there are", [0, 0, 0, 60]],
  ["fewer bytes than its own head", [0, 0, 0, 4]],
])("a box that says %s is bad data", (_case, size) => {
  expect(() => messagesOf(bytes(size, utf8("free"), new Uint8Array(20)))).toThrow(BadData);
});

test("whole parts can be joined in any number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), (count) => {
      const joined = bytes(...Array.from({ length: count }, () => part));
      expect(messagesOf(joined)).toHaveLength(2 * count);
    }),
  );
});

test("a part that is cut short or altered is refused as bad data, or read, and nothing else happens", () => {
  const changed = fc.record({
    length: fc.integer({ min: 0, max: part.length }),
    edits: fc.array(fc.tuple(fc.nat(part.length - 1), fc.nat(255)), { maxLength: 6 }),
  });
  let refused = 0;
  fc.assert(
    fc.property(changed, ({ length, edits }) => {
      const mutated = part.slice();
      for (const [at, value] of edits) mutated[at] = value;
      try {
        messagesOf(mutated.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(BadData);
        refused += 1;
      }
    }),
    { numRuns: 3000 },
  );
  expect(refused).toBeGreaterThan(100);
});

test.each([
  ["no JSON", "{"],
  ["another type", '{"type":"advertisement"}'],
  ["a number in quotes", '{"type":"data","utc":"1"}'],
  ["a fraction of a microsecond", '{"type":"data","utc":1.5}'],
  ["a point without a value", '{"type":"data","utc":1,"points":[{"characteristic":"x","index":0,"time":1}]}'],
  ["an unknown status", '{"type":"data","utc":1,"points":[{"characteristic":"x","index":0,"time":1,"value":1,"status":"fine"}]}'],
])("%s is bad data", (_case, text) => {
  expect(() => messagesOf(emsg(0, text))).toThrow(BadData);
});
