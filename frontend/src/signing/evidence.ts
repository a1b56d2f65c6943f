/** Where the evidence is dropped, and what was found in it. */

import { h, tell } from "../dom";
import { opened } from "./archive";
import { BadDossier } from "./dossier";
import { review, type Finding, type Outcome, type Review } from "./review";
import { say, type Key } from "./words";

/** A report of `qc verify --json`, as much of it as is shown. */
interface Report {
  readonly dossier: string;
  readonly checks: readonly { readonly name: string; readonly outcome: Exclude<Outcome, "look">; readonly words: string }[];
}

export class Evidence {
  readonly element = h("section", { class: "signing__part", "aria-labelledby": "s-evidence" });
  private readonly note = h("p", { class: "signing__note", role: "status" });
  private readonly found = h("div");

  constructor(private readonly onReview: (review: Review | null) => void) {
    const input = h("input", { type: "file", multiple: true, id: "evidence", class: "signing__input" });
    const zone = h(
      "div",
      { class: "signing__drop" },
      h("label", { for: "evidence" }, say("drop")),
      input,
      h("p", { class: "signing__hint" }, say("drop-more")),
    );
    input.addEventListener("change", () => void this.take([...(input.files ?? [])]));
    zone.addEventListener("dragover", (event) => event.preventDefault());
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      void this.take([...(event.dataTransfer?.files ?? [])]);
    });
    this.element.append(h("h2", { id: "s-evidence" }, say("s-evidence")), zone, this.note, this.found);
  }

  private async take(files: readonly File[]): Promise<void> {
    this.found.replaceChildren();
    this.onReview(null);
    tell(this.note, say("reading"));
    try {
      const reports = await Promise.all(files.filter(({ name }) => /\.json$/.test(name)).map(reportIn));
      const made = await review(await opened(files));
      if (location.protocol !== "file:" && new URL(made.dossier.id).origin === location.origin) {
        return tell(this.note, say("wrong-host", { host: location.host }));
      }
      tell(this.note, "");
      this.found.append(...shown(made, reports.find((one) => one !== null) ?? null));
      this.onReview(made);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      tell(this.note, error instanceof BadDossier ? say("no-dossier", { why }) : say("unreadable", { why }));
    }
  }
}

async function reportIn(file: File): Promise<Report | null> {
  try {
    const found = JSON.parse(await file.text()) as Partial<Report>;
    return typeof found.dossier === "string" && Array.isArray(found.checks) ? (found as Report) : null;
  } catch {
    return null;
  }
}

function shown(review: Review, report: Report | null): HTMLElement[] {
  const { dossier } = review;
  const wrong = review.findings.filter(({ outcome }) => outcome !== "right");
  const right = review.findings.filter(({ outcome }) => outcome === "right");
  const severe = wrong.some(({ outcome }) => outcome === "wrong");
  return [
    h("dl", { class: "signing__digest" }, h("dt", {}, say("digest")), h("dd", { class: "code", id: "digest" }, review.digest), h("dd", { class: "signing__hint" }, say("digest-compare"))),
    h("h2", {}, say("s-what")),
    h("p", { class: "signing__episode" }, review.title),
    facts([
      ["episode", dossier.episode],
      ["address", dossier.id],
      ["f-segments", dossier.segments.missing ? say("f-missing", { count: dossier.segments.count, missing: dossier.segments.missing }) : String(dossier.segments.count)],
      ["f-batches", String(dossier.measurements.count)],
      ["f-remarks", String(dossier.remarks?.length ?? 0)],
      ["f-software", `${dossier.software.name} ${dossier.software.version}`],
    ]),
    ...table(
      ["c-name", "c-chart", "c-measured", "c-outside", "c-signals"],
      review.charts.map((one) => [one.name, one.chart, String(one.measurements), one.outside === null ? "–" : String(one.outside), String(one.signals)]),
    ),
    ...table(
      ["i-name", "i-certificate", "i-by", "i-due"],
      (dossier.measurements.instruments ?? []).map(({ id, calibration = {} }) => [id, calibration["certificate"] ?? say("i-none"), calibration["by"] ?? "–", calibration["due"] ?? "–"]),
    ),
    ...remarks(review),
    h("h3", {}, say("s-wrong")),
    severe || wrong.length > 1 ? list(wrong) : h("div", {}, h("p", {}, say("all-right")), list(wrong)),
    h("h3", {}, say("s-right")),
    list(right),
    ...(report ? [h("h3", {}, say("s-report")), reported(report, review.digest)] : []),
  ];
}

function facts(rows: readonly (readonly [Key, string])[]): HTMLElement {
  return h("dl", { class: "signing__facts" }, ...rows.map(([key, value]) => h("div", {}, h("dt", {}, say(key)), h("dd", {}, value))));
}

function table(heads: readonly Key[], rows: readonly (readonly string[])[]): HTMLElement[] {
  if (!rows.length) return [];
  const head = h("tr", {}, ...heads.map((key) => h("th", { scope: "col" }, say(key))));
  const body = rows.map(([first = "", ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((cell) => h("td", {}, cell))));
  return [h("div", { class: "signing__scroll", tabindex: "0", role: "region", "aria-label": say(heads[0]!) }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...body)))];
}

function remarks({ remarks }: Review): HTMLElement[] {
  if (!remarks.length) return [];
  const items = remarks.map(({ name, words, withdrawn }) => h("li", {}, h("strong", {}, withdrawn ? `${name} (${say("withdrawn")})` : name), ` ${words}`));
  return [h("h3", {}, say("f-remarks")), h("ul", { class: "signing__remarks" }, ...items)];
}

const SIGNS: Readonly<Record<Outcome, string>> = { right: "✓", wrong: "✗", unknown: "?", absent: "–", look: "!" };

function line(outcome: Outcome, topic: string, words: string): HTMLElement {
  const mark = h("span", { class: "finding__mark", "aria-hidden": "true" }, SIGNS[outcome]);
  return h("li", { class: "finding", "data-outcome": outcome }, mark, h("span", { class: "finding__state" }, say(`o-${outcome}`)), h("span", {}, h("strong", {}, topic), ` ${words}`));
}

const list = (findings: readonly Finding[]): HTMLElement =>
  h("ul", { class: "findings" }, ...findings.map(({ outcome, topic, words }) => line(outcome, say(topic), words)));

function reported({ dossier, checks }: Report, digest: string): HTMLElement {
  if (dossier !== digest) return h("p", { class: "signing__refused" }, say("report-other"));
  const wrong = checks.filter(({ outcome }) => outcome !== "right");
  if (!wrong.length) return h("p", {}, say("report-none"));
  return h("ul", { class: "findings" }, ...wrong.map(({ outcome, name, words }) => line(outcome, String(name), String(words))));
}
