import { describe as suite, expect, it } from "vitest";
import { FACTORY, Keys, describe } from "./keys";

const store = () => {
  const kept = new Map<string, string>();
  return { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
};
const press = (code: string, more: Partial<KeyboardEvent> = {}) =>
  describe({ key: "", code, shiftKey: false, ctrlKey: false, altKey: false, ...more });

suite("keys", () => {
  it("are a switcher's", () => {
    const keys = new Keys(store());
    expect([press("Digit1"), press("Digit0"), press("Space"), press("Enter"), press("F12"), press("Slash", { key: "?", shiftKey: true })].map((k) => keys.action(k))).toEqual(
      ["preview-1", "preview-10", "cut", "auto", "take", "keys"],
    );
    expect(keys.action(press("Numpad3"))).toBe("preview-3");
    expect(keys.action(press("Digit2", { shiftKey: true }))).toBe("put-2");
    expect(keys.action(press("KeyZ"))).toBeUndefined();
  });

  it("can be given to others, each key means one thing, and it is remembered", () => {
    const kept = store();
    const keys = new Keys(kept);
    keys.bind("cut", "Enter");
    expect([keys.action("Enter"), keys.action("Space")]).toEqual(["cut", "auto"]);
    const again = new Keys(kept);
    expect(again.action("Enter")).toBe("cut");
    expect(new Set(FACTORY.map(([action]) => again.key(action))).size).toBe(FACTORY.length);
    again.reset();
    expect(new Keys(kept).action("Enter")).toBe("auto");
  });

  it("are the factory's where what was kept is nonsense", () => {
    expect(new Keys({ getItem: () => "{", setItem: () => undefined }).action("Space")).toBe("cut");
  });
});
