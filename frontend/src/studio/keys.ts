/** Keys as switchers have them; each can be given another one, and the browser remembers. */

export type Action =
  | `preview-${number}`
  | `put-${number}`
  | "cut"
  | "auto"
  | "take"
  | "black"
  | "mix"
  | "wipe"
  | "dip"
  | "keys";

const KEPT = "studio-keys";

/** What presses mean before anybody changed it; a key is written as `describe` gives it. */
export const FACTORY: readonly (readonly [Action, string])[] = [
  ...Array.from({ length: 10 }, (_, n) => [`preview-${n + 1}` as Action, `Digit${(n + 1) % 10}`] as const),
  ...Array.from({ length: 10 }, (_, n) => [`put-${n + 1}` as Action, `Shift+Digit${(n + 1) % 10}`] as const),
  ["cut", "Space"],
  ["auto", "Enter"],
  ["take", "F12"],
  ["black", "KeyB"],
  ["mix", "KeyM"],
  ["wipe", "KeyW"],
  ["dip", "KeyD"],
  ["keys", "?"],
];

/** A press as it is kept: `Shift+Digit1`, `Space`. The question mark is one wherever the keyboard has it. */
export function describe(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey" | "altKey">): string {
  if (event.key === "?") return "?";
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift"].filter(Boolean);
  return [...held, event.code.replace(/^Numpad(?=\d|Enter)/, (_) => (event.code === "NumpadEnter" ? "" : "Digit"))].join("+");
}

/** How a key is called on the page. */
export const label = (key: string): string => key.replace(/Digit|Key/g, "").replace(/\+/g, " + ");

export class Keys {
  private map: Map<Action, string>;

  constructor(private readonly store: Pick<Storage, "getItem" | "setItem">) {
    let kept: Record<string, string> = {};
    try {
      kept = JSON.parse(store.getItem(KEPT) ?? "{}") as Record<string, string>;
    } catch {
      // Somebody else's words under our name: the factory's keys it is.
    }
    this.map = new Map(FACTORY.map(([action, key]) => [action, typeof kept[action] === "string" ? kept[action] : key]));
  }

  /** What a press means, if anything. */
  action(key: string): Action | undefined {
    for (const [action, mine] of this.map) if (mine === key) return action;
    return undefined;
  }

  key(action: Action): string {
    return this.map.get(action) ?? "";
  }

  /** Give an action another key; who had it gets the action's old one. */
  bind(action: Action, key: string): void {
    const other = this.action(key);
    const old = this.key(action);
    if (other) this.map.set(other, old);
    this.map.set(action, key);
    this.store.setItem(KEPT, JSON.stringify(Object.fromEntries(this.map)));
  }

  reset(): void {
    this.map = new Map(FACTORY);
    this.store.setItem(KEPT, "{}");
  }
}
