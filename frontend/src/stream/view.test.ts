import fc from "fast-check";
import { expect, test } from "vitest";
import { type Graphic, TICKS, type TimedMessage } from "./message";
import { Store } from "./store";
import { frame, someDefinition, someGraphic, somePoint } from "./testing";
import { viewAt, WINDOW_TICKS } from "./view";

const UTC = 1_760_000_000_000_000;

/** Five minutes of a stream: definitions each 1.92 s, two characteristics at their own paces, counters. */
const episode = fc
  .record({
    every: fc.tuple(fc.integer({ min: 5, max: 300 }), fc.integer({ min: 5, max: 3000 })),
    seed: fc.nat(1000),
  })
  .map(({ every, seed }): TimedMessage[] => {
    const messages: TimedMessage[] = [];
    const index = [0, 0];
    for (let n = 0; n < 7500; n++) {
      const at = frame(n);
      if (n % 48 === 0) {
        const location = n > 2000 ? { center: 8, lower: 7, upper: 9 } : null;
        const characteristics = ["moisture", "force"].map((characteristic) =>
          someDefinition({ characteristic, location }),
        );
        messages.push({ at, message: { type: "definitions", characteristics, lines: [] } });
      }
      const points = ["moisture", "force"].flatMap((characteristic, which) => {
        if ((n + seed) % every[which]! !== 0) return [];
        const i = index[which]!++;
        const signals = i % 17 === 5 ? [{ rule: "nelson-1", continuing: i % 34 === 5 }] : [];
        return [somePoint({ characteristic, index: i, value: 8 + ((i * 37) % 11) / 10, signals })];
      });
      const counters = n % 125 === 0 ? [{ line: "panels", time: UTC + n, total: n, rejected: n >> 6 }] : [];
      if (points.length || counters.length || n % 8 === 0) {
        messages.push({ at, message: { type: "data", utc: UTC + n * 40_000, points, counters } });
      }
    }
    return messages;
  });

const position = fc.integer({ min: 0, max: 7499 }).map(frame);

function storeOf(messages: Iterable<TimedMessage>): Store {
  const store = new Store();
  store.add(messages);
  return store;
}

test("live, behind live and in the replay a frame shows the same", () => {
  fc.assert(
    fc.property(episode, position, fc.integer({ min: 0, max: 40 * TICKS }), (messages, at, behind) => {
      const replay = viewAt(storeOf(messages), at);
      const live = viewAt(storeOf(messages.filter((message) => message.at <= at)), at);
      const later = viewAt(storeOf(messages.filter((message) => message.at <= at + behind)), at);
      const joined = viewAt(storeOf(messages.filter((message) => message.at > at - WINDOW_TICKS)), at);
      expect(live).toEqual(replay);
      expect(later).toEqual(replay);
      expect(joined).toEqual(replay);
    }),
    { numRuns: 20 },
  );
});

test("a store does not care how the stream is cut, repeated or ordered", () => {
  const pieces = fc.record({
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
    order: fc.array(fc.nat(1000), { minLength: 13, maxLength: 13 }),
    again: fc.nat(12),
  });
  fc.assert(
    fc.property(episode, position, pieces, (messages, at, { cuts, order, again }) => {
      const ends = [...cuts.map((cut) => Math.floor(cut * messages.length)), messages.length].sort((a, b) => a - b);
      const chunks = ends.map((end, i) => messages.slice(ends[i - 1] ?? 0, end));
      const shuffled = chunks
        .map((chunk, i) => ({ chunk, key: order[i]! }))
        .sort((a, b) => a.key - b.key)
        .map(({ chunk }) => chunk);
      const store = new Store();
      for (const chunk of shuffled) store.add(chunk);
      const repeated = store.add(chunks[again % chunks.length]!);
      expect(repeated).toBe(false);
      const whole = storeOf(messages);
      expect(viewAt(store, at)).toEqual(viewAt(whole, at));
      expect(store.marks()).toEqual(whole.marks());
    }),
    { numRuns: 20 },
  );
});

test("nothing that belongs to a later frame is shown", () => {
  const store = storeOf([
    { at: frame(0), message: { type: "definitions", characteristics: [someDefinition()], lines: [] } },
    { at: frame(10), message: { type: "data", utc: UTC, points: [somePoint({ index: 0 })], counters: [] } },
    { at: frame(11), message: { type: "data", utc: UTC, points: [somePoint({ index: 1 })], counters: [] } },
  ]);
  const shown = (n: number) => viewAt(store, frame(n)).instruments[0]?.current?.point.index;
  expect([9, 10, 11].map(shown)).toEqual([undefined, 0, 1]);
});

test("a silence is told when it is three times as long as usual, and at least five seconds", () => {
  const at = (seconds: number) => seconds * TICKS;
  const store = storeOf([
    { at: 0, message: { type: "definitions", characteristics: [someDefinition()], lines: [] } },
    ...[0, 4, 8].map((second, index): TimedMessage => ({
      at: at(second),
      message: { type: "data", utc: UTC, points: [somePoint({ index })], counters: [] },
    })),
  ]);
  const freshness = (second: number) => viewAt(store, at(second)).instruments[0]?.freshness;
  expect(freshness(20)).toEqual({ kind: "fresh" });
  expect(freshness(21)).toEqual({ kind: "stale", seconds: 13 });
});

test("a subgroup that fills is counted without bad values", () => {
  const definition = someDefinition({ chart: "xbar-r", size: 5 });
  const filling = (index: number, changes = {}) =>
    somePoint({ index, plotted: null, location: null, spread: null, ...changes });
  const points = [
    filling(3),
    somePoint({ index: 4, plotted: 0 }),
    filling(5),
    filling(6, { status: "bad" as const }),
    filling(7),
  ];
  const store = storeOf([
    { at: 0, message: { type: "definitions", characteristics: [definition], lines: [] } },
    { at: 0, message: { type: "data", utc: UTC, points, counters: [] } },
  ]);
  expect(viewAt(store, 0).instruments[0]?.filling).toBe(2);
});

test("what was shown of the log stands at its first picture, however its segments come, until it is over", () => {
  const logged = { type: "remark/1", id: "urn:uuid:1", index: 7, sha256: "ab".repeat(32) };
  const remark = someGraphic({ id: "remark", template: "remark", logged });
  const said = (at: number, graphics?: (typeof remark)[]) => ({ at, message: { type: "data" as const, utc: UTC, points: [], counters: [], ...(graphics ? { graphics } : {}) } });
  const store = new Store();
  store.add([said(frame(96), [remark]), said(frame(48), [remark]), said(frame(40), [remark]), said(frame(41)), said(frame(120), [])]);
  expect(viewAt(store, frame(39)).graphics).toEqual([]);
  for (const at of [40, 47, 48, 119]) expect(viewAt(store, frame(at)).graphics).toEqual([remark]);
  expect(viewAt(store, frame(120)).graphics).toEqual([]);
  expect(store.shownUpTo(frame(39))).toEqual([]);
  expect(store.shownUpTo(frame(500)).map(({ at, shows }) => [at, shows?.logged.index])).toEqual([[frame(40), 7]]);
  expect(store.marks().length).toBe(1);
});

test("what is burned in is what its segment's beginning and the frames since then say", () => {
  const logo = someGraphic({ id: "logo", template: "logo" });
  const name = someGraphic();
  const segment = (n: number): TimedMessage => ({ at: frame(n), message: { type: "definitions", characteristics: [], lines: [] } });
  const burned = (n: number, graphics: Graphic[]): TimedMessage => ({
    at: frame(n),
    message: { type: "data", utc: UTC + n * 40_000, points: [], counters: [], graphics },
  });
  const messages = [segment(0), burned(10, [name]), segment(48), burned(48, [name]), burned(60, [logo, name]), burned(70, []), segment(96)];
  const shown = (n: number, known = messages) => viewAt(storeOf(known), frame(n)).graphics;
  expect([9, 10, 47, 48, 60, 69, 70, 96].map((n) => shown(n).length)).toEqual([0, 1, 1, 1, 2, 2, 0, 0]);
  // Whoever jumped over the frame that took it away learns at the next segment that nothing is there.
  expect(shown(100, [segment(48), burned(48, [name]), segment(96)])).toEqual([]);
});
