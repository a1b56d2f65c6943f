/** The words of the studio, as `quality_creator.actions.studio` has them. Instants are µs of the hub's clock. */

export interface Text {
  readonly "zh-Hans": string;
  readonly en: string;
}

export interface Inset {
  readonly x: number;
  readonly y: number;
  readonly width?: number;
}

export interface Scene {
  readonly layout: string;
  readonly sources: readonly string[];
  readonly inset?: Inset;
}

export interface Transition {
  readonly kind: "cut" | "mix" | "wipe" | "dip";
  readonly frames: number;
}

export interface Graphic {
  readonly id: string;
  readonly template: string;
  readonly fields?: Readonly<Record<string, Text>>;
  readonly characteristic?: string;
  readonly line?: string;
  readonly image?: { readonly digest: string; readonly corner?: string; readonly width?: number };
  readonly until?: number;
  readonly stays?: boolean;
}

export interface Channel {
  readonly gain_db?: number;
  readonly mute?: boolean;
  readonly solo?: boolean;
  readonly delay_ms?: number;
  readonly high_pass?: boolean;
  readonly heard?: "with-picture" | "always" | "never";
  readonly duck?: "none" | "voice" | "bed";
}

export interface Item {
  readonly id: string;
  readonly kind: string;
  readonly title: Text;
  readonly planned_s?: number;
  readonly scene?: Scene;
  readonly transition?: Transition;
  readonly graphics?: readonly Graphic[];
  readonly panel?: readonly string[];
  readonly microphones?: readonly string[];
  readonly notes?: string;
  readonly people?: readonly string[];
}

export interface Entry {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  readonly event: Readonly<Record<string, unknown>> & { readonly event: string };
}

export interface State {
  readonly mix: {
    readonly program: Scene;
    readonly preview?: Scene;
    readonly black?: boolean;
    readonly graphics?: readonly Graphic[];
    readonly channels?: Readonly<Record<string, Channel>>;
  };
  readonly number: number;
  readonly rundown: readonly Item[];
  readonly on_air: string | null;
  readonly next: string | null;
  readonly as_run: readonly { readonly item: Item | null }[];
  readonly scenes: Readonly<Record<string, Scene>>;
  readonly follow: "off" | "on" | "paused";
  /** The preview shows the next item. */
  readonly lined_up: boolean;
  /** These come with the next take. */
  readonly tied: readonly Graphic[];
  readonly images: readonly { readonly digest: string; readonly width: number; readonly height: number }[];
  readonly rehearsal: boolean;
  readonly last: { readonly by: string; readonly at: number; readonly what: string } | null;
}

export interface Timing {
  readonly began: number | null;
  readonly item_began: number | null;
  readonly item_ends: number | null;
  readonly after_s: number;
  readonly planned_end: number | null;
}

export interface Source {
  readonly id: string;
  readonly name: Text;
  readonly condition: "connecting" | "live" | "frozen" | "slate" | null;
  readonly words: string;
}

export interface View {
  readonly mode: "planned" | "rehearsal" | "on-air" | "ended";
  readonly now: number;
  readonly state: State;
  readonly timing: Timing;
  readonly sources: readonly Source[];
  readonly log: readonly Entry[];
  readonly trouble: string;
}

/** How many sources each layout shows. */
export const PLACES: Readonly<Record<string, number>> = {
  full: 1,
  "side-by-side": 2,
  "picture-in-picture": 2,
  "three-up": 3,
  "four-up": 4,
  "five-up": 5,
  "six-up": 6,
  "forum-strip": 5,
  "data-panel": 1,
};

/** The sources that are in the picture. */
export const shown = (scene: Scene | undefined): readonly string[] =>
  scene ? scene.sources.slice(0, PLACES[scene.layout] ?? 1) : [];

/** A scene of another layout: who is in it stays, and empty places take whoever comes next. */
export function arranged(layout: string, sources: readonly string[], all: readonly string[]): Scene {
  const places = PLACES[layout] ?? 1;
  const kept = sources.slice(0, places);
  for (const one of all) if (kept.length < places && !kept.includes(one)) kept.push(one);
  return { layout, sources: kept };
}

/** An inset that is not given, as the mixer has it. */
const INSET = { x: 0.675, y: 0.0445, width: 0.3 };
const [LEAST, MOST] = [0.1, 0.5];
/** From the picture's edge to an inset in a corner, as shares of its width and height. */
const [ACROSS, DOWN] = [0.025, 0.0445];

type Placed = Required<Inset>;

export const insetOf = (scene: Scene): Placed => ({ ...INSET, ...scene.inset });

const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

/** An inset at another place, all of it within the picture; it is 16:9, so that width and height are equal shares. */
export const moved = (inset: Placed, x: number, y: number): Placed => ({ ...inset, x: within(x, 1 - inset.width), y: within(y, 1 - inset.width) });

/** An inset of another width; it grows to the right and down while there is room. */
export const sized = (inset: Placed, width: number): Placed => {
  const now = Math.min(Math.max(width, LEAST), MOST);
  return moved({ ...inset, width: now }, inset.x, inset.y);
};

/** An inset in a corner: 0 is left or top, 1 right or bottom. */
export const cornered = (width: number, x: number, y: number): Placed => ({
  width,
  x: x ? 1 - width - ACROSS : ACROSS,
  y: y ? 1 - width - DOWN : DOWN,
});

/** Seconds as -1:05 or 1:01:05. */
export function length(seconds: number): string {
  const whole = Math.abs(Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${h ? String(m).padStart(2, "0") : m}:${String(s).padStart(2, "0")}`;
  return `${seconds < -0.5 ? "\u2212" : ""}${h ? `${h}:` : ""}${tail}`;
}

/** A length as people type it (4:30, 1:02:00, 90) in seconds; null for anything else. */
export function seconds(typed: string): number | null {
  const parts = typed.trim().split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d{1,6}$/.test(part))) return null;
  if (parts.slice(1).some((part) => Number(part) > 59)) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

export type Phase = "idle" | "running" | "soon" | "close" | "over";

/** How urgent the item on air is; the same bounds as `quality_creator.show.timing`. */
export function phase(timing: Timing, now: number): Phase {
  if (timing.item_began === null) return "idle";
  if (timing.item_ends === null) return "running";
  const left = (timing.item_ends - now) / 1e6;
  return left < 0 ? "over" : left <= 15 ? "close" : left <= 60 ? "soon" : "running";
}

/** By how many seconds the show will end late; early is negative; null before it began. */
export function over(timing: Timing, now: number): number | null {
  if (timing.planned_end === null) return null;
  const free = timing.item_ends === null ? now : Math.max(now, timing.item_ends);
  return (free + timing.after_s * 1e6 - timing.planned_end) / 1e6;
}
