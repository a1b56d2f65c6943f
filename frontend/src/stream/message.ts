/**
 * The words of the data in the stream, as `quality_creator.model.event` has them, and the one place where
 * JSON becomes them. Whatever does not fit is refused whole: half a message would be a wrong chart.
 */

/** Position in the stream, in ticks of 1/90000 s from the episode's first frame. */
export type MediaTime = number;
export const TICKS = 90_000;
/** One picture at 25/s. */
export const FRAME_TICKS = 3_600;

/** The description of the ID3 frame that carries a message. */
export const SCHEME = "quality-creator/1";

export interface Text {
  readonly "zh-Hans": string;
  readonly en: string;
}

export interface Signal {
  readonly rule: string;
  /** False at the point that completes the pattern. */
  readonly continuing: boolean;
}

export type Status = "good" | "uncertain" | "bad";

export interface Point {
  readonly characteristic: string;
  /** Number of the measurement within its characteristic, without gaps. */
  readonly index: number;
  /** Microseconds since 1970, the source's clock. */
  readonly time: number;
  readonly value: number;
  readonly status: Status;
  readonly late: boolean;
  /** Number of the plotted point; null while a subgroup fills. */
  readonly plotted: number | null;
  readonly location: number | null;
  readonly spread: number | null;
  readonly signals: readonly Signal[];
  /** Of a count: the items inspected, or the units looked at. */
  readonly foundIn: number | null;
  /** The point's own limits on the upper chart; with `upper` alone there is none below. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Of a chart of several characteristics: by how much its statistic would be smaller without each. */
  readonly parts?: readonly number[];
}

export interface Counters {
  readonly line: string;
  readonly time: number;
  readonly total: number;
  readonly rejected: number;
}

export interface ChartLimits {
  readonly center: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface Specification {
  readonly lower: number | null;
  readonly target: number | null;
  readonly upper: number | null;
  readonly origin: Text | null;
}

export interface Definition {
  readonly characteristic: string;
  readonly name: Text;
  readonly unit: string;
  readonly line: string;
  readonly lineName: Text;
  readonly decimals: number;
  readonly chart: string;
  readonly size: number;
  readonly rules: readonly string[];
  readonly specification: Specification | null;
  /** Null until limits are frozen. */
  readonly location: ChartLimits | null;
  readonly spread: ChartLimits | null;
  /** Points towards the limits, and how many are wanted; null once limits are frozen. */
  readonly collected: number | null;
  readonly estimateFrom: number | null;
  /** EWMA's lambda and L, CUSUM's k and h. */
  readonly weight: number | null;
  readonly width: number | null;
  readonly slack: number | null;
  readonly decision: number | null;
  readonly capability: Capability | null;
  /** Of a chart of several characteristics: which, and how many of their values found no partner so far. */
  readonly several?: { readonly members: readonly string[]; readonly alone: number };
}

/** Whether the process can hold its specification, and what speaks against believing it. */
export interface Capability {
  readonly time: number;
  readonly values: number;
  readonly cpk: number | null;
  readonly cpkLow: number | null;
  readonly cpkHigh: number | null;
  readonly ppk: number | null;
  readonly ppkLow: number | null;
  readonly ppkHigh: number | null;
  readonly stable: boolean | null;
  readonly provisional: boolean;
  readonly normal: boolean | null;
}

/** How well a line uses its time, in the shift that runs. */
export interface LineOee {
  readonly line: string;
  readonly name: Text;
  readonly shift: string;
  readonly start: number;
  readonly time: number;
  readonly availability: number | null;
  readonly performance: number | null;
  readonly quality: number | null;
  readonly oee: number | null;
  readonly unknownS: number;
}

export interface Definitions {
  readonly type: "definitions";
  readonly characteristics: readonly Definition[];
  readonly lines: readonly LineOee[];
}

/** Something that is burned into the picture, as data. */
export interface Graphic {
  readonly id: string;
  readonly template: string;
  /** By the template's own names. */
  readonly fields: Readonly<Record<string, Text>>;
  /** Whose values it shows. */
  readonly characteristic: string | null;
  readonly line: string | null;
  /** The entry of the log that it shows: an expert's remark, a draw. */
  readonly logged: Logged | null;
}

export interface Logged {
  readonly type: string;
  readonly id: string;
  readonly index: number;
  readonly sha256: string;
}

/** A graphic over the picture that shows an entry of the log. */
export interface LoggedGraphic extends Graphic {
  readonly logged: Logged;
}

export const isLogged = (graphic: Graphic): graphic is LoggedGraphic => graphic.logged !== null;

export interface FrameData {
  readonly type: "data";
  /** Microseconds since 1970: the wall time of the frame. */
  readonly utc: number;
  readonly points: readonly Point[];
  readonly counters: readonly Counters[];
  /** What is burned in from this frame on; absent where nothing changes. */
  readonly graphics?: readonly Graphic[];
}

export type Message = Definitions | FrameData;

export interface TimedMessage {
  readonly at: MediaTime;
  readonly message: Message;
}

/** What was received is not what the stream's data should be. */
export class BadData extends Error {
  override readonly name = "BadData";
}

/** One message from its JSON text. Throws BadData and nothing else. */
export function messageFromText(text: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadData("a message is not JSON");
  }
  return message(value);
}

/** The messages of one segment, from parsed JSON. Throws BadData and nothing else. */
export function timedMessages(value: unknown): TimedMessage[] {
  return list(value, "messages").map((item) => {
    const fields = object(item, "timed message");
    return { at: integer(fields, "at"), message: message(fields["message"]) };
  });
}

function message(value: unknown): Message {
  const fields = object(value, "message");
  switch (fields["type"]) {
    case "definitions":
      return {
        type: "definitions",
        characteristics: [
          ...list(fields["characteristics"], "characteristics").map(definition),
          ...list(fields["charts"] ?? [], "charts").map(jointDefinition),
        ],
        lines: list(fields["lines"] ?? [], "lines").map(lineOee),
      };
    case "data":
      return {
        type: "data",
        utc: integer(fields, "utc"),
        points: [
          ...list(fields["points"] ?? [], "points").map(point),
          ...list(fields["joint"] ?? [], "observations").map(jointPoint),
        ],
        counters: list(fields["counters"] ?? [], "counters").map(counters),
        ...(fields["graphics"] === undefined ? {} : { graphics: list(fields["graphics"], "graphics").map(graphic) }),
      };
    default:
      throw new BadData(`a message of type ${String(fields["type"])}`);
  }
}

function definition(value: unknown): Definition {
  const fields = object(value, "definition");
  return {
    characteristic: string(fields, "characteristic"),
    name: text(fields["name"]),
    unit: string(fields, "unit"),
    line: string(fields, "line"),
    lineName: text(fields["line_name"]),
    decimals: Math.min(Math.max(integer(fields, "decimals"), 0), 12),
    chart: string(fields, "chart"),
    size: integer(fields, "size"),
    rules: list(fields["rules"], "rules").map((rule) => {
      if (typeof rule !== "string") throw new BadData("a rule that is no text");
      return rule;
    }),
    specification: absentOr(fields["specification"], specification),
    location: absentOr(fields["location"], chartLimits),
    spread: absentOr(fields["spread"], chartLimits),
    collected: absentOr(fields["collected"], () => integer(fields, "collected")),
    estimateFrom: absentOr(fields["estimate_from"], () => integer(fields, "estimate_from")),
    weight: absentOr(fields["weight"], finite),
    width: absentOr(fields["width"], finite),
    slack: absentOr(fields["slack"], finite),
    decision: absentOr(fields["decision"], finite),
    capability: absentOr(fields["capability"], capability),
  };
}

/** A chart of several characteristics, as the definition of what it plots. */
function jointDefinition(value: unknown): Definition {
  const fields = object(value, "chart");
  const alone = list(fields["alone"] ?? [], "alone").map(finite);
  return {
    characteristic: string(fields, "chart"),
    name: text(fields["name"]),
    unit: "",
    line: string(fields, "line"),
    lineName: text(fields["line_name"]),
    decimals: 2,
    chart: oneOf(fields, "kind", ["t2", "mewma"]),
    size: fields["size"] === undefined ? 1 : integer(fields, "size"),
    rules: [],
    specification: null,
    location: absentOr(fields["location"], chartLimits),
    spread: null,
    collected: absentOr(fields["collected"], () => integer(fields, "collected")),
    estimateFrom: absentOr(fields["estimate_from"], () => integer(fields, "estimate_from")),
    weight: absentOr(fields["weight"], finite),
    width: null,
    slack: null,
    decision: null,
    capability: null,
    several: {
      members: list(fields["characteristics"], "characteristics").map((one) => {
        if (typeof one !== "string") throw new BadData("a characteristic that is no text");
        return one;
      }),
      alone: alone.reduce((sum, count) => sum + count, 0),
    },
  };
}

function capability(value: unknown): Capability {
  const fields = object(value, "capability");
  return {
    time: integer(fields, "time"),
    values: integer(fields, "values"),
    cpk: absentOr(fields["cpk"], finite),
    cpkLow: absentOr(fields["cpk_low"], finite),
    cpkHigh: absentOr(fields["cpk_high"], finite),
    ppk: absentOr(fields["ppk"], finite),
    ppkLow: absentOr(fields["ppk_low"], finite),
    ppkHigh: absentOr(fields["ppk_high"], finite),
    stable: absentOr(fields["stable"], (given) => given === true),
    provisional: fields["provisional"] === true,
    normal: absentOr(fields["normal"], (given) => given === true),
  };
}

function lineOee(value: unknown): LineOee {
  const fields = object(value, "line");
  return {
    line: string(fields, "line"),
    name: text(fields["name"]),
    shift: string(fields, "shift"),
    start: integer(fields, "start"),
    time: integer(fields, "time"),
    availability: absentOr(fields["availability"], finite),
    performance: absentOr(fields["performance"], finite),
    quality: absentOr(fields["quality"], finite),
    oee: absentOr(fields["oee"], finite),
    unknownS: fields["unknown_s"] === undefined ? 0 : finite(fields["unknown_s"]),
  };
}

function specification(value: unknown): Specification {
  const fields = object(value, "specification");
  return {
    lower: absentOr(fields["lower"], finite),
    target: absentOr(fields["target"], finite),
    upper: absentOr(fields["upper"], finite),
    origin: absentOr(fields["origin"], text),
  };
}

function chartLimits(value: unknown): ChartLimits {
  const fields = object(value, "limits");
  return {
    center: finite(fields["center"]),
    lower: absentOr(fields["lower"], finite),
    upper: absentOr(fields["upper"], finite),
  };
}

function point(value: unknown): Point {
  const fields = object(value, "point");
  return {
    characteristic: string(fields, "characteristic"),
    index: integer(fields, "index"),
    time: integer(fields, "time"),
    value: finite(fields["value"]),
    status: fields["status"] === undefined ? "good" : oneOf(fields, "status", ["good", "uncertain", "bad"]),
    late: fields["late"] === true,
    plotted: absentOr(fields["plotted"], () => integer(fields, "plotted")),
    location: absentOr(fields["location"], finite),
    spread: absentOr(fields["spread"], finite),
    signals: signals(fields),
    foundIn: absentOr(fields["found_in"], finite),
    lower: absentOr(fields["lower"], finite),
    upper: absentOr(fields["upper"], finite),
  };
}

/** An observation of several characteristics, as a point of its chart; before there are limits its value is 0. */
function jointPoint(value: unknown): Point {
  const fields = object(value, "observation");
  const location = absentOr(fields["location"], finite);
  return {
    characteristic: string(fields, "chart"),
    index: integer(fields, "index"),
    time: integer(fields, "time"),
    value: location ?? 0,
    status: fields["status"] === undefined ? "good" : oneOf(fields, "status", ["good", "uncertain", "bad"]),
    late: fields["late"] === true,
    plotted: absentOr(fields["plotted"], () => integer(fields, "plotted")),
    location,
    spread: null,
    signals: signals(fields),
    foundIn: null,
    lower: null,
    upper: null,
    parts: list(fields["parts"] ?? [], "parts").map(finite),
  };
}

function signals(fields: Fields): Signal[] {
  return list(fields["signals"] ?? [], "signals").map((item) => {
    const signal = object(item, "signal");
    return { rule: string(signal, "rule"), continuing: signal["continuing"] === true };
  });
}

function counters(value: unknown): Counters {
  const fields = object(value, "counters");
  return {
    line: string(fields, "line"),
    time: integer(fields, "time"),
    total: integer(fields, "total"),
    rejected: integer(fields, "rejected"),
  };
}

function graphic(value: unknown): Graphic {
  const fields = object(value, "graphic");
  const words = Object.entries(object(fields["fields"] ?? {}, "graphic's fields"));
  return {
    id: string(fields, "id"),
    template: string(fields, "template"),
    fields: Object.fromEntries(words.map(([name, given]) => [name, text(given)])),
    characteristic: absentOr(fields["characteristic"], () => string(fields, "characteristic")),
    line: absentOr(fields["line"], () => string(fields, "line")),
    logged: absentOr(fields["logged"], logged),
  };
}

function logged(value: unknown): Logged {
  const fields = object(value, "entry of the log");
  const digest = string(fields, "sha256");
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new BadData("a digest that is none");
  return { type: string(fields, "type"), id: string(fields, "id"), index: integer(fields, "index"), sha256: digest };
}

function text(value: unknown): Text {
  const fields = object(value, "text");
  return { "zh-Hans": string(fields, "zh-Hans"), en: string(fields, "en") };
}

type Fields = Readonly<Record<string, unknown>>;

function object(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadData(`a ${what} that is no object`);
  }
  return value as Fields;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new BadData(`${what} that are no list`);
  return value;
}

function string(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new BadData(`${name} is no text`);
  return value;
}

function integer(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new BadData(`${name} is no integer`);
  return value;
}

function finite(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new BadData("a value that is no number");
  return value;
}

function oneOf<const T extends string>(fields: Fields, name: string, allowed: readonly T[]): T {
  const value = fields[name];
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw new BadData(`${name} is ${String(value)}`);
  return found;
}

function absentOr<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === undefined || value === null ? null : read(value);
}
