/**
 * What an authority is asked to vouch for, and what of it is not right: as `qc dossier show` says it, as far as a
 * page can look by itself. Nothing here believes the evidence; all of it is compared with the dossier's digests.
 */

import { unmultikey, verified, type Document } from "../desk/proof";
import type { Files } from "./archive";
import { read, type Dossier } from "./dossier";
import { documentOf, logOf, type Leaf, type Log } from "./log";
import { hex, sha256, sri, Tree, unhex } from "./merkle";
import { COLON, either, LIST_COMMA, say, type Key, type TextPair } from "./words";

export type Outcome = "right" | "wrong" | "unknown" | "absent" | "look";

export interface Finding {
  readonly outcome: Outcome;
  readonly topic: Key;
  readonly words: string;
}

export interface Chart {
  readonly name: string;
  readonly chart: string;
  readonly measurements: number;
  readonly outside: number | null;
  readonly signals: number;
}

/** Whom the register that came along knows; it is a hint, and not believed. */
export interface Known {
  readonly id: string;
  readonly name: TextPair;
  readonly keys: readonly { readonly multikey: string; readonly to?: string }[];
  readonly demonstration?: boolean;
}

export interface Review {
  readonly dossier: Dossier;
  readonly digest: string;
  readonly title: string;
  readonly charts: readonly Chart[];
  readonly remarks: readonly { readonly name: string; readonly words: string; readonly withdrawn: boolean }[];
  readonly known: readonly Known[];
  readonly findings: readonly Finding[];
}

type Bytes = Uint8Array<ArrayBuffer>;

const GAP_MICROS = 1_000_000;

/** Look at everything that is at hand. Throws BadDossier where there is no dossier, BadArchive. */
export async function review(files: Files): Promise<Review> {
  const case_ = new Case(files, (await files.get("dossier.json")?.()) ?? new Uint8Array());
  return case_.look();
}

class Case {
  readonly findings: Finding[] = [];
  readonly dossier: Dossier;
  private segments: Tree | null = null;
  private batches: Tree | null = null;
  private last = 0;

  constructor(
    private readonly files: Files,
    private readonly data: Bytes,
  ) {
    this.dossier = read(data);
  }

  async look(): Promise<Review> {
    const digest = await sri(this.data);
    this.say("right", "t-dossier", digest);
    const index = await this.json<{ title?: TextPair }>("proof.json");
    await this.guard("t-segments", () => this.lookAtSegments());
    await this.guard("t-measurements", () => this.lookAtMeasurements());
    await this.guard("t-table", () => this.lookAtFile("t-table", "measurements.parquet", this.dossier.measurements.table?.digestSRI));
    await this.guard("t-as-run", () => this.lookAtFile("t-as-run", "as-run.json", this.dossier.asRun?.digestSRI));
    const charts = (await this.guard("t-charts", () => this.lookAtCharts())) ?? [];
    await this.guard("t-instruments", async () => this.lookAtInstruments());
    const log = await logOf(this.files).catch(() => "damaged" as const);
    if (log === null) this.say("absent", "t-log", say("not-at-hand"));
    else if (log === "large") this.say("unknown", "t-log", say("log-large"));
    else if (log === "damaged") this.say("wrong", "t-log", say("log-damaged"));
    else await this.guard("t-log", () => this.lookAtLog(log));
    const remarks = (await this.guard("t-remarks", () => this.lookAtRemarks(typeof log === "object" ? log : null))) ?? [];
    this.say("absent", "t-not-here", say("not-looked-at"));
    const known = await this.register();
    return { dossier: this.dossier, digest, title: index?.title ? either(index.title) : this.dossier.episode, charts, remarks, known, findings: this.findings };
  }

  private say(outcome: Outcome, topic: Key, words: string): void {
    this.findings.push({ outcome, topic, words });
  }

  /** Evidence that can't be read is not right; it never ends the review. */
  private async guard<T>(topic: Key, look: () => Promise<T>): Promise<T | null> {
    try {
      return await look();
    } catch {
      this.say("wrong", topic, say("damaged"));
      return null;
    }
  }

  private async json<T>(name: string): Promise<T | null> {
    const data = await this.files.get(name)?.();
    try {
      return data ? (JSON.parse(new TextDecoder().decode(data)) as T) : null;
    } catch {
      return null;
    }
  }

  private async lookAtSegments(): Promise<void> {
    const { segments } = this.dossier;
    const data = await this.files.get("segments.json")?.();
    if (segments.missing) this.say("look", "t-segments", say("not-recorded", { count: segments.missing }));
    if (!data) return this.say("absent", "t-segments", say("not-at-hand"));
    const found = JSON.parse(new TextDecoder().decode(data)) as Listed;
    const listed = found.segments.filter(({ digests }) => digests.length > 0);
    this.segments = await Tree.over(listed.map(({ digests }) => unhex(digests.join(""))));
    const inits = await Tree.over(found.inits.map(({ digest }) => unhex(digest)));
    const lost = found.segments.filter(({ digests, recorded }) => digests.length === 0 || recorded === false).length;
    const same =
      (await sri(data)) === segments.digestSRI &&
      listed.length === segments.count &&
      lost === (segments.missing ?? 0) &&
      (await this.segments.root(listed.length)) === segments.root &&
      (await inits.root(inits.size)) === segments.init;
    if (!same) {
      this.segments = null;
      return this.say("wrong", "t-segments", say("not-the-dossiers"));
    }
    this.last = found.segments.at(-1)?.utc ?? 0;
    this.say("right", "t-segments", say("segments", { count: listed.length, renditions: found.renditions.length }));
    const gaps = found.segments.filter((one, at) => {
      const before = found.segments[at - 1];
      return before && one.utc - before.utc - (before.duration * 100) / 9 > GAP_MICROS;
    });
    if (gaps.length) this.say("look", "t-segments", say("gaps", { count: gaps.length }));
  }

  private async lookAtMeasurements(): Promise<void> {
    const { measurements } = this.dossier;
    const data = await this.files.get("measurements.ndjson")?.();
    if (!data) return this.say("absent", "t-measurements", say("not-at-hand"));
    this.batches = await Tree.over(await Promise.all(lines(data).map(sha256)));
    const same = this.batches.size === measurements.count && (await this.batches.root(this.batches.size)) === measurements.root;
    if (!same) this.batches = null;
    this.say(same ? "right" : "wrong", "t-measurements", same ? say("batches", { count: measurements.count }) : say("not-the-dossiers"));
  }

  /** A file of which the dossier has the digest and nothing else is asked. */
  private async lookAtFile(topic: Key, name: string, digest: string | undefined): Promise<void> {
    if (!digest) return;
    const data = await this.files.get(name)?.();
    if (!data) return this.say("absent", topic, say("not-at-hand"));
    const same = (await sri(data)) === digest;
    this.say(same ? "right" : "wrong", topic, same ? say("as-endorsed") : say("not-the-dossiers"));
  }

  private async lookAtCharts(): Promise<Chart[]> {
    const charts: Chart[] = [];
    let outside = 0;
    let signals = 0;
    for (const { characteristic, chart, digestSRI } of this.dossier.verdicts ?? []) {
      const data = await this.files.get(`verdicts/${characteristic}.json`)?.();
      if (!data) this.say("absent", "t-charts", characteristic + COLON + say("not-at-hand"));
      else if ((await sri(data)) !== digestSRI) this.say("wrong", "t-charts", characteristic + COLON + say("not-the-dossiers"));
      else {
        const told = JSON.parse(new TextDecoder().decode(data)) as Summary;
        const rung = Object.values(told.signals).reduce((sum, count) => sum + count, 0);
        charts.push({ name: either(told.name), chart, measurements: told.measurements, outside: told.specification ? told.outside : null, signals: rung });
        outside += told.specification ? told.outside : 0;
        signals += rung;
        if (told.differing) this.say("wrong", "t-charts", say("differing", { name: either(told.name), count: told.differing }));
      }
    }
    if (charts.length) this.say("right", "t-charts", say("charts", { count: charts.length }));
    if (signals) this.say("look", "t-charts", say("signals", { count: signals }));
    if (outside) this.say("look", "t-charts", say("outside", { count: outside }));
    return charts;
  }

  private lookAtInstruments(): void {
    const { instruments = [] } = this.dossier.measurements;
    const day = this.last ? new Date(this.last / 1000).toISOString().slice(0, 10) : "";
    const silent = instruments.filter(({ calibration }) => !calibration?.["certificate"] || !/^\d{4}-\d\d-\d\d$/.test(calibration["due"] ?? ""));
    const overdue = instruments.filter((one) => !silent.includes(one) && one.calibration!["due"]! < day);
    const names = (some: readonly { id: string }[]) => some.map(({ id }) => id).join(LIST_COMMA);
    if (overdue.length) this.say("unknown", "t-instruments", say("overdue", { names: names(overdue) }));
    if (silent.length) this.say("absent", "t-instruments", say("uncalibrated", { names: names(silent) }));
    if (instruments.length && !overdue.length && !silent.length) this.say("right", "t-instruments", say("calibrated", { count: instruments.length }));
  }

  private async lookAtLog({ origin, tree, leaves }: Log): Promise<void> {
    this.say("right", "t-log", say("log", { origin, size: leaves.length }));
    const { id, started } = this.dossier;
    const own = leaves.findIndex((leaf) => leaf.type === "dossier/1" && leaf.id === id);
    const same = own >= 0 && leaves[own]!.sha256 === hex(await sha256(this.data));
    this.say(same ? "right" : "wrong", "t-dossier-logged", same ? say("entry", { index: own }) : say("not-logged"));
    if (!started) this.say("absent", "t-started", say("no-beginning"));
    else if ((await tree.root(started.size)) !== started.root) this.say("wrong", "t-started", say("other-log"));
    else this.say("right", "t-started", say("began-after", { size: started.size }));
    await this.lookAtProgress(leaves);
  }

  /** That what the log was told on air is a beginning of what the dossier has. */
  private async lookAtProgress(leaves: readonly Leaf[]): Promise<void> {
    const told = leaves.filter((leaf) => leaf.subject === this.dossier.episode && ["progress/1", "end/1"].includes(leaf.type));
    if (!told.length) return this.say("absent", "t-told", say("told-nothing"));
    if (!this.segments || !this.batches) return this.say("absent", "t-told", say("not-at-hand"));
    for (const leaf of told) {
      const data = await documentOf(this.files, leaf);
      if (!data) return this.say("wrong", "t-told", say("withheld"));
      const { segments, measurements } = JSON.parse(new TextDecoder().decode(data)) as Served;
      const same = (await this.segments.root(segments.count)) === segments.root && (await this.batches.root(measurements.count)) === measurements.root;
      if (!same) return this.say("wrong", "t-told", say("told-other"));
    }
    const ended = told.some(({ type }) => type === "end/1");
    this.say(ended ? "right" : "look", "t-told", say(ended ? "told" : "told-no-end", { count: told.length }));
  }

  private async lookAtRemarks(log: Log | null): Promise<Review["remarks"]> {
    const listed = this.dossier.remarks ?? [];
    const held = new Map<string, Bytes>();
    for (const [name, get] of this.files) {
      if (!/^remarks\/\d+\.json$/.test(name)) continue;
      const data = await get();
      held.set(await sri(data), data);
    }
    const made: (Document & Said)[] = [];
    let lost = 0;
    for (const { digestSRI } of listed) {
      const data = held.get(digestSRI);
      if (!data) {
        lost += 1;
        continue;
      }
      const said = JSON.parse(new TextDecoder().decode(data)) as Document & Said;
      const key = unmultikey(said.expert.replace(/^did:key:/, ""));
      if (!key || !(await verified(said, key))) this.say("wrong", "t-remarks", say("remark-unsigned", { name: String(said.name) }));
      made.push(said);
    }
    if (lost) this.say("absent", "t-remarks", say("remarks-missing", { count: lost }));
    const digests = new Set(listed.map(({ digestSRI }) => digestSRI));
    if ([...held.keys()].some((one) => !digests.has(one))) this.say("wrong", "t-remarks", say("remarks-extra"));
    const hidden = log && (await Promise.all(log.leaves.map((leaf) => this.leftOut(leaf, digests)))).filter(Boolean).length;
    if (hidden) this.say("wrong", "t-remarks", say("remarks-hidden", { count: hidden }));
    const gone = new Set(made.map(({ withdraws }) => withdraws));
    const shown = made.filter(({ kind }) => kind !== "withdrawal");
    if (made.length && !lost) this.say("right", "t-remarks", say("remarks", { count: shown.length }));
    return shown.map(({ id, name, words }) => ({ name, words, withdrawn: gone.has(id) }));
  }

  private leftOut({ type, subject, sha256: digest }: Leaf, digests: ReadonlySet<string>): boolean {
    if (type !== "remark/1" || subject !== this.dossier.episode) return false;
    return !digests.has(`sha256-${btoa(String.fromCharCode(...unhex(digest)))}`);
  }

  /** The newest register that came along. */
  private async register(): Promise<readonly Known[]> {
    const versions = [...this.files.keys()].flatMap((name) => /^register\/(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
    const made = await this.json<{ credentialSubject?: { authorities?: readonly Known[] } }>(`register/${Math.max(...versions)}.json`);
    return made?.credentialSubject?.authorities ?? [];
  }
}

interface Listed {
  readonly renditions: readonly string[];
  readonly inits: readonly { readonly digest: string }[];
  readonly segments: readonly { readonly utc: number; readonly duration: number; readonly digests: readonly string[]; readonly recorded?: boolean }[];
}

interface Summary {
  readonly name: TextPair;
  readonly measurements: number;
  readonly outside: number;
  readonly specification: unknown;
  readonly signals: Readonly<Record<string, number>>;
  readonly differing: number;
}

interface Served {
  readonly segments: { readonly count: number; readonly root: string };
  readonly measurements: { readonly count: number; readonly root: string };
}

interface Said {
  readonly id: string;
  readonly expert: string;
  readonly name: string;
  readonly kind: string;
  readonly words: string;
  readonly withdraws?: string;
}

function lines(data: Bytes): Bytes[] {
  const found: Bytes[] = [];
  for (let start = 0; start < data.length; ) {
    const end = data.indexOf(10, start);
    found.push(data.slice(start, end < 0 ? data.length : end));
    start = end < 0 ? data.length : end + 1;
  }
  return found;
}
