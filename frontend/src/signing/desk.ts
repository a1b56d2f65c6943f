/** Where an authority says its word, signs, takes back, and gets the files that it hands in. */

import { canonical } from "../desk/jcs";
import { verified, type Document } from "../desk/proof";
import { h, tell } from "../dom";
import { change, defaultList, dissent, endorse, lists, type Authority, type Issued, type Status } from "./credential";
import { field, publicName, type Opened } from "./key-form";
import { remember } from "./keyring";
import type { Review } from "./review";
import { COLON, either, say, type Key } from "./words";

const DAY_MS = 86_400_000;
const DID = /^did:web:[a-z0-9-]+(\.[a-z0-9-]+)+(%3A[0-9]{1,5})?(:[A-Za-z0-9._-]{1,64}){0,8}$/;
const LONGEST = 4000;

export class Desk {
  readonly element = h("div");
  /** Says whose the opened key is. */
  readonly whose = h("div", { class: "signing__key" });
  private review: Review | null = null;
  private opened: Opened | null = null;
  private issued: readonly Issued[] = [];
  private lines: HTMLUListElement | null = null;

  private readonly did = text("did");
  private readonly name = text("name");
  private readonly list = text("list", { type: "url" });
  private readonly days = text("days", { type: "number", min: 1, max: 36_500, value: "365" });
  private readonly comment = h("textarea", { class: "signing__text", id: "comment", rows: 5, maxlength: LONGEST });
  private readonly yes = h("input", { type: "radio", name: "verdict", id: "yes", checked: true });
  private readonly no = h("input", { type: "radio", name: "verdict", id: "no" });
  private readonly seen = h("input", { type: "checkbox", id: "seen" });
  private readonly keep = h("input", { type: "checkbox", id: "keep" });
  private readonly note = h("p", { class: "signing__note", role: "status" });
  private readonly word = h("section", { class: "signing__part", "aria-labelledby": "s-word" });
  private readonly files = h("div");
  private readonly earlier = h("section", { class: "signing__part", "aria-labelledby": "s-issued" });

  constructor() {
    this.element.append(this.word, this.files, this.earlier);
    this.word.hidden = this.earlier.hidden = true;
    const sign = h("form", { class: "signing__form", novalidate: true });
    const positions = [field("days", this.days), field("list", this.list)];
    sign.append(
      field("did", this.did),
      field("name", this.name),
      h("fieldset", { class: "signing__choice" }, h("legend", { class: "unseen" }, say("s-word")), choice(this.yes, "endorse"), choice(this.no, "dissent")),
      field("comment", this.comment),
      ...positions,
      choice(this.keep, "remember"),
      choice(this.seen, "read"),
      h("button", { class: "button", type: "submit", id: "sign" }, say("sign")),
      this.note,
    );
    sign.addEventListener("change", () => positions.forEach((one) => (one.hidden = this.no.checked)));
    sign.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.sign();
    });
    this.did.addEventListener("input", () => this.suggest());
    this.word.append(h("h2", { id: "s-word" }, say("s-word")), sign);
  }

  /** Other evidence is in front of the reader: nothing of what was read before counts. */
  consider(review: Review | null): void {
    this.review = review;
    this.seen.checked = false;
    this.refresh();
  }

  open(opened: Opened): void {
    this.opened = opened;
    this.issued = opened.issued;
    this.keep.disabled = !opened.pem.includes("ENCRYPTED");
    this.keep.checked = opened.kept !== null;
    if (opened.kept) {
      this.did.value = opened.kept.did;
      this.name.value = opened.kept.name;
    }
    this.refresh();
  }

  /** Gives a file to the reader. */
  offer(key: Key, name: string, text: string, places: Readonly<Record<string, string | number>> = {}): void {
    if (!this.lines) this.begin([]);
    const link = h("a", { class: "signing__file", download: name, href: URL.createObjectURL(new Blob([text], { type: "application/octet-stream" })) }, name);
    this.lines!.append(h("li", {}, link, h("span", {}, say(key, places))));
  }

  private begin(notes: readonly string[]): void {
    this.lines = h("ul", { class: "signing__downloads" });
    const heading = h("h2", { id: "s-files", tabindex: "-1" }, say("s-files"));
    this.files.replaceChildren(h("section", { class: "signing__part", "aria-labelledby": "s-files" }, heading, ...notes.map((one) => h("p", {}, one)), this.lines));
    heading.focus();
  }

  private refresh(): void {
    const { opened, review } = this;
    this.word.hidden = !opened || !review;
    this.earlier.hidden = !opened || this.issued.length === 0;
    if (!opened) return;
    const own = publicName(opened);
    const known = review?.known.find(({ keys }) => keys.some(({ multikey }) => multikey === own));
    const past = known?.keys.find(({ multikey }) => multikey === own)?.to;
    const lines = [say("key-is") + COLON + own];
    if (review) lines.push(known ? say("key-known", { name: `${either(known.name)} (${known.id})` }) : say("key-unknown"));
    if (past && Date.parse(past) <= Date.now()) lines.push(say("key-past"));
    if (!opened.pem.includes("ENCRYPTED")) lines.push(say("remember-plain"));
    this.whose.replaceChildren(...lines.map((line) => h("p", {}, line)));
    if (known && !this.did.value) {
      this.did.value = known.id;
      this.name.value = either(known.name);
    }
    this.suggest();
    this.showIssued();
  }

  private suggest(): void {
    if (this.review && DID.test(this.did.value)) this.list.value = defaultList(this.review.dossier.id, this.did.value);
  }

  private authority(): Authority {
    return { did: this.did.value.trim(), name: this.name.value.trim(), key: this.opened!.key };
  }

  /** What is missing or wrong in the form; null where nothing is. */
  private missing(): Key | null {
    const days = Number(this.days.value);
    if (!DID.test(this.did.value.trim())) return "did-bad";
    if (!this.name.value.trim()) return "name-need";
    if (!this.comment.value.trim() || [...this.comment.value].length > LONGEST) return "comment-need";
    if (this.yes.checked && !(Number.isInteger(days) && days > 0 && days <= 36_500)) return "days-bad";
    if (this.yes.checked && !/^https?:\/\/[^/\s]+\/\S+$/.test(this.list.value)) return "list-bad";
    return this.seen.checked ? null : "read-need";
  }

  private async sign(): Promise<void> {
    const wrong = this.missing();
    tell(this.note, wrong ? say(wrong) : "");
    if (wrong || !this.review) return;
    const now = new Date();
    const by = this.authority();
    const of = { id: this.review.dossier.id, digest: this.review.digest };
    const words = this.comment.value.trim();
    if (this.no.checked) {
      const made = await dissent(by, of, words, now);
      return this.give(now, [["f-dissent", "dissent.json", made]]);
    }
    const until = new Date(now.getTime() + Number(this.days.value) * DAY_MS);
    const { document, entry } = await endorse(by, of, { comment: words, until, list: this.list.value }, this.issued, now);
    this.issued = [...this.issued, entry];
    await this.give(now, [["f-endorsement", "endorsement.json", document]], true);
  }

  /** Signed documents as files, with the lists where they changed; each is checked once more before it is given out. */
  private async give(now: Date, documents: readonly (readonly [Key, string, Document])[], listed = false): Promise<void> {
    const made = [...documents];
    if (listed) (await lists(this.authority(), this.issued, now)).forEach((one, at) => made.push(["f-list", `status-${at + 1}.json`, one]));
    for (const [, , document] of made) {
      if (!(await verified(document, this.opened!.key.public))) throw new Error("what was signed does not verify");
    }
    this.begin([say("hand-in", { time: now.toLocaleTimeString() })]);
    made.forEach(([key, name, document], at) => this.offer(key, name, new TextDecoder().decode(canonical(document)), { number: at }));
    if (listed) this.offer("book-file", `${this.opened!.name}.issued.json`, `${JSON.stringify(this.issued, null, 2)}\n`);
    await this.remember();
    this.refresh();
  }

  private async remember(): Promise<void> {
    if (!this.keep.checked || !this.opened) return;
    const { did, name } = this.authority();
    await remember({ did, name, pem: this.opened.pem, issued: this.issued });
  }

  // --- earlier endorsements ---

  private showIssued(): void {
    const renew = h("button", { class: "button button--quiet", type: "button", id: "renew" }, say("renew"));
    renew.addEventListener("click", () => void this.give(new Date(), [], true));
    const rows = this.issued.map((one) => this.row(one));
    this.earlier.replaceChildren(
      h("h2", { id: "s-issued" }, say("s-issued")),
      field("did", this.earlierDid()),
      h("ul", { class: "signing__issued" }, ...rows),
      h("p", { class: "signing__hint" }, say("renew-hint")),
      renew,
    );
  }

  /** Whose they are, where no evidence is open; the same as in the form above. */
  private earlierDid(): HTMLInputElement {
    const input = h("input", { class: "signing__text", autocomplete: "off", spellcheck: "false", value: this.did.value });
    input.addEventListener("input", () => (this.did.value = input.value));
    return input;
  }

  private row(one: Issued): HTMLElement {
    const state = one.revoked ? "revoked" : one.suspended ? "suspended" : "in-force";
    const reason = h("input", { class: "signing__text", "aria-label": say("reason"), placeholder: say("reason"), maxlength: LONGEST });
    const acts: readonly (readonly [Key, Status])[] = one.revoked ? [] : [one.suspended ? ["reinstate", "reinstated"] : ["suspend", "suspended"], ["revoke", "revoked"]];
    const buttons = acts.map(([key, status]) => {
      const button = h("button", { class: "button button--quiet", type: "button" }, say(key));
      button.addEventListener("click", () => void this.change(one, status, reason));
      return button;
    });
    return h(
      "li",
      { "data-state": state },
      h("p", {}, h("strong", {}, say(state)), ` ${one.created} `, h("span", { class: "code" }, one.id)),
      h("p", { class: "code signing__hint" }, one.digest),
      ...(acts.length ? [h("div", { class: "signing__acts" }, reason, ...buttons, h("span", { class: "signing__hint" }, say("revoke-sure")))] : []),
    );
  }

  private async change(one: Issued, status: Status, reason: HTMLInputElement): Promise<void> {
    if (!reason.value.trim() || !DID.test(this.did.value.trim())) return reason.focus();
    const now = new Date();
    const made = await change(this.authority(), one.id, status, reason.value.trim(), now);
    const changed = { ...one, revoked: status === "revoked", suspended: status === "suspended" };
    this.issued = this.issued.map((other) => (other.id === one.id ? changed : other));
    await this.give(now, [["f-change", "change.json", made]], true);
  }
}

function text(id: string, more: Readonly<Record<string, string | number>> = {}): HTMLInputElement {
  return h("input", { class: "signing__text", id, autocomplete: "off", spellcheck: "false", ...more });
}

function choice(input: HTMLInputElement, key: Key): HTMLElement {
  return h("label", { class: "signing__option", for: input.id }, input, h("span", {}, say(key)));
}
