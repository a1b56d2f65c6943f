import { describe, expect, it } from "vitest";
import { arranged, length, over, phase, seconds, type Timing } from "./model";

const timing: Timing = { began: 0, item_began: 10e6, item_ends: 70e6, after_s: 60, planned_end: 120e6 };

describe("the studio's arithmetic", () => {
  it("writes lengths as they are typed", () => {
    for (const s of [0, 59, 75, 3675]) expect(seconds(length(s))).toBe(s);
    expect(length(-65)).toBe("\u22121:05");
    for (const wrong of ["", "1:75", "a", "1:2:3:4", "-1"]) expect(seconds(wrong)).toBeNull();
  });

  it("marks an item before and after its end", () => {
    const at = [9, 11, 54, 56, 71].map((s) => phase(timing, s * 1e6));
    expect(at).toEqual(["running", "soon", "soon", "close", "over"]);
    expect(phase({ ...timing, item_began: null }, 0)).toBe("idle");
  });

  it("is late by what it began late, and then by what runs over", () => {
    expect([over(timing, 20e6), over(timing, 70e6), over(timing, 75e6)]).toEqual([10, 10, 15]);
  });

  it("keeps who is in the picture when the layout changes", () => {
    expect(arranged("three-up", ["b"], ["a", "b", "c", "d"]).sources).toEqual(["b", "a", "c"]);
    expect(arranged("full", ["b", "a"], ["a", "b"]).sources).toEqual(["b"]);
  });
});
