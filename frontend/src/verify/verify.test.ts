import { expect, test } from "vitest";
import fc from "fast-check";
import { boxes } from "./boxes";
import { courseOf } from "./course";
import { readInit, type Manifest } from "./manifest";
import { runsOf } from "./runs";
import { check, isSigned } from "./segment";
import signed from "./signed.json";
import { BadProof, type State, type Verdict } from "./verdict";

/** Bit by bit takes a while on a busy machine. */
const PATIENCE_MS = 60_000;

/** Signed by the Python side: `python -m tests.trust.c2pa.stream`. */
const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const INIT = bytesOf(signed.init);
const SEGMENTS = signed.segments.map(bytesOf);

async function manifest(): Promise<Manifest> {
  const found = await readInit(INIT);
  if (!found) throw new Error("no manifest");
  return found;
}

test("an init says who signs, under which authority, with which keys", async () => {
  const { urn, signer, keys, since } = await manifest();
  expect(urn).toBe(signed.urn);
  expect(signer).toMatchObject({ organization: "Some broadcaster", authority: "Some broadcaster TEST authority", test: true });
  expect(new Date(signer.notAfter).getUTCFullYear()).toBe(2028);
  expect(keys.map(({ first }) => first)).toEqual([0]);
  expect(since).toBe(signed.made);
  expect(await readInit(bytesOf(signed.bare))).toBeNull();
});

test("segments that Python signed are valid, with their numbers", async () => {
  const known = [await manifest()];
  const found = await Promise.all(SEGMENTS.map((one) => check(one, known, signed.made)));
  expect(found.map(({ state, sequence, reason }) => [state, sequence, reason])).toEqual([0, 1, 2, 3].map((n) => ["valid", n, ""]));
  expect(SEGMENTS.every(isSigned)).toBe(true);
});

test("a key is judged at the segment's own time", async () => {
  const known = [await manifest()];
  const at = async (seconds: number) => (await check(SEGMENTS[0]!, known, signed.made + seconds * 1000)).state;
  expect(await Promise.all([-61, -60, 3600, 3601].map(at))).toEqual(["altered", "valid", "valid", "altered"]);
});

test("a segment of another manifest, or without a signature, does not pass", async () => {
  const segment = SEGMENTS[0]!;
  expect((await check(segment, [], null)).state).toBe("altered");
  const signature = boxes(segment).findLast(({ kind }) => kind === "emsg")!;
  const stripped = Uint8Array.from([...segment.subarray(0, signature.start), ...segment.subarray(signature.end)]);
  expect((await check(stripped, [await manifest()], null)).state).toBe("unsigned");
  const twice = Uint8Array.from([...segment.subarray(0, signature.end), ...segment.subarray(signature.start)]);
  expect((await check(twice, [await manifest()], null)).state).toBe("altered");
});

test("every bit of an init counts, but for the brands", async () => {
  const ftyp = boxes(INIT)[0]!.end;
  for (let place = ftyp; place < INIT.length; place += 5) {
    const wrong = INIT.slice();
    wrong[place]! ^= 1 << place % 8;
    const found = await readInit(wrong).catch((error: unknown) => error);
    expect(found === null || found instanceof BadProof, `byte ${place}: ${String(found)}`).toBe(true);
  }
}, PATIENCE_MS);

test("every bit of a segment counts, but for the event's own numbers", async () => {
  const known = [await manifest()];
  const segment = SEGMENTS[2]!;
  const signature = boxes(segment).findLast(({ kind }) => kind === "emsg")!;
  const numbers = signature.start + 12 + "urn:c2pa:verifiable-segment-info\0fseg\0".length;
  for (let place = 0; place < segment.length; place += 5) {
    const wrong = segment.slice();
    wrong[place]! ^= 1 << place % 8;
    const { state } = await check(wrong, known, null);
    if (place < numbers || place >= numbers + 16) expect(["altered", "unsigned"], `byte ${place}`).toContain(state);
  }
}, PATIENCE_MS);

test("no bytes crash the check", async () => {
  const known = [await manifest()];
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect(["altered", "unsigned"]).toContain((await check(bytes, known, null)).state);
      const found = await readInit(bytes).catch((error: unknown) => error);
      expect(found === null || found instanceof BadProof).toBe(true);
    }),
  );
}, PATIENCE_MS);

// --- their order ---

const verdicts = (...numbers: (number | State)[]): Verdict[] =>
  numbers.map((one, msn) => ({
    msn,
    state: typeof one === "number" ? "valid" : one,
    sequence: typeof one === "number" ? one : null,
    reason: "",
    source: null,
    took: 0,
  }));

const states = (...numbers: (number | State)[]) => {
  const { states: found, missing } = courseOf(verdicts(...numbers));
  const wrong = [...found].filter(([, state]) => state !== "valid").sort(([a], [b]) => a - b);
  return { wrong, missing: missing.map(({ before, count }) => [before, count]) };
};

test("what stands in its place is valid, wherever one begins", () => {
  expect(states(0, 1, 2, 3)).toEqual({ wrong: [], missing: [] });
  expect(states(7, 8, 9)).toEqual({ wrong: [], missing: [] });
});

test("what is dropped is missing, and nothing behind it is blamed", () => {
  expect(states(0, 1, 3, 4, 5)).toEqual({ wrong: [], missing: [[2, 1]] });
  expect(states(0, 4, 5, 9)).toEqual({ wrong: [], missing: [[1, 3], [3, 3]] });
});

test("what is swapped is out of place, both of it", () => {
  expect(states(0, 1, 3, 2, 4, 5)).toEqual({ wrong: [[2, "reordered"], [3, "reordered"]], missing: [] });
});

test("what comes again is replayed, put in or in another's place", () => {
  expect(states(0, 1, 2, 1, 3, 4)).toEqual({ wrong: [[3, "replayed"]], missing: [] });
  expect(states(0, 1, 2, 1, 4, 5)).toEqual({ wrong: [[3, "replayed"]], missing: [] });
});

test("what is altered stands for its own number", () => {
  expect(states(0, "altered", 2, 3)).toEqual({ wrong: [[1, "altered"]], missing: [] });
});

test("what is signed under another authority than the rest is not as it was signed", () => {
  const signer = { name: "", organization: "", authority: "", test: true, notBefore: 0, notAfter: 0 };
  const all = verdicts(0, 1, 2, 3).map((one) => ({
    ...one,
    source: { urn: "", signer, since: 0, anchor: one.msn === 2 ? "another" : "own" },
  }));
  expect([...courseOf(all).states.values()]).toEqual(["valid", "valid", "altered", "valid"]);
  expect(courseOf(all).missing).toEqual([]);
});

test("the order in which segments were checked makes no difference", () => {
  const all = verdicts(0, 1, 3, 2, 4, "altered", 6, 4, 8, 11, 12);
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
      expect(courseOf(shuffled)).toEqual(courseOf(all));
    }),
  );
});

test("along the ruler equal states are one run, and what is missing stands where it should be", () => {
  const listed = [0, 1, 2, 3, 4].map((msn) => ({ msn, start: msn * 2, duration: 2 }));
  const of = (msn: number): State | null => (["valid", "valid", "altered", null, "valid"] as const)[msn]!;
  expect(runsOf(listed, of, [{ before: 4, count: 3 }])).toEqual([
    { state: "valid", start: 0, end: 4, count: 2 },
    { state: "altered", start: 4, end: 6, count: 1 },
    { state: "missing", start: 8, end: 8, count: 3 },
    { state: "valid", start: 8, end: 10, count: 1 },
  ]);
});
