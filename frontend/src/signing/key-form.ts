/** Opens an authority's key from its file, or makes one; the key itself never leaves the page. */

import { h, tell } from "../dom";
import { multikey } from "../desk/proof";
import type { Issued } from "./credential";
import { forget, recall, type Kept } from "./keyring";
import { BadKey, made, unwrapped, type KeyPair } from "./pem";
import { say, type Key } from "./words";

export interface Opened {
  readonly key: KeyPair;
  /** The file as it is; kept only where it is encrypted. */
  readonly pem: string;
  /** Of the file, without its ending. */
  readonly name: string;
  readonly issued: readonly Issued[];
  readonly kept: Kept | null;
}

/** Where an opened key is used. */
interface Desk {
  /** Says whose key it is. */
  readonly whose: HTMLElement;
  open(opened: Opened): void;
  /** Gives a file to the reader. */
  offer(key: Key, name: string, text: string): void;
}

const LEAST = 12;

export class KeyForm {
  readonly element = h("section", { class: "signing__part", "aria-labelledby": "s-key" });
  private readonly note = h("p", { class: "signing__note", role: "status" });
  private readonly files = h("input", { type: "file", multiple: true, id: "key", class: "signing__input" });
  private kept: Kept | null = null;

  constructor(private readonly desk: Desk) {
    const passphrase = secret("passphrase", "current-password");
    const opening = form(
      h("label", { class: "field", for: "key" }, say("key-file")),
      this.files,
      h("p", { class: "signing__hint" }, say("key-hint")),
      field("passphrase", passphrase),
      h("button", { class: "button", type: "submit" }, say("open-key")),
    );
    opening.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.guard(() => this.open(passphrase));
    });
    const [one, two] = [secret("new-passphrase", "new-password"), secret("again", "new-password")];
    const making = form(
      h("p", { class: "signing__hint" }, say("make-hint")),
      field("new-passphrase", one),
      field("again", two),
      h("button", { class: "button button--quiet", type: "submit" }, say("make-key")),
    );
    making.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.guard(() => this.make(one, two));
    });
    const more = h("details", { class: "signing__more" }, h("summary", {}, say("make-key")), making);
    this.element.append(h("h2", { id: "s-key" }, say("s-key")), opening, more, this.note, desk.whose);
    void this.recall(opening);
  }

  private async recall(before: HTMLElement): Promise<void> {
    this.kept = await recall();
    if (!this.kept) return;
    const button = h("button", { class: "button button--quiet", type: "button" }, say("forget"));
    const line = h("p", { class: "signing__kept" }, say("remembered", { did: this.kept.did }), " ", button);
    button.addEventListener("click", () => {
      this.kept = null;
      void forget().then(() => line.remove());
    });
    before.before(line);
  }

  private async open(passphrase: HTMLInputElement): Promise<void> {
    const files = [...(this.files.files ?? [])];
    const file = files.find(({ name }) => /\.(key|pem)$/i.test(name));
    const book = files.find(({ name }) => /\.json$/i.test(name));
    if (!file && !this.kept) throw new BadKey("no-key");
    const pem = file ? await file.text() : this.kept!.pem;
    const key = await unwrapped(pem, passphrase.value);
    passphrase.value = "";
    const issued = book ? issuedIn(await book.text()) : file ? [] : this.kept!.issued;
    if (issued === null) return tell(this.note, say("book-bad"));
    tell(this.note, "");
    this.desk.open({ key, pem, name: file ? file.name.replace(/\.[^.]+$/, "") : "endorsements", issued, kept: file ? null : this.kept });
  }

  private async make(one: HTMLInputElement, two: HTMLInputElement): Promise<void> {
    if (one.value.length < LEAST) return tell(this.note, say("short"));
    if (one.value !== two.value) return tell(this.note, say("differs"));
    const { pair, pem } = await made(one.value);
    one.value = two.value = "";
    tell(this.note, "");
    this.desk.open({ key: pair, pem, name: "endorsements", issued: [], kept: null });
    this.desk.offer("f-key", "endorsements.key", pem);
  }

  private async guard(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof BadKey)) throw error;
      tell(this.note, say(`key-${error.why}`));
    }
  }
}

/** The public half as others know it. */
export const publicName = ({ key }: Opened): string => multikey(key.public);

export function field(key: Key, input: HTMLElement): HTMLElement {
  return h("label", { class: "field" }, h("span", { class: "field__name" }, say(key)), input);
}

const secret = (id: string, kind: string): HTMLInputElement => h("input", { class: "signing__text", type: "password", id, autocomplete: kind });

const form = (...parts: readonly HTMLElement[]): HTMLFormElement => h("form", { class: "signing__form", novalidate: true }, ...parts);

/** A book of endorsements; null for what is none. */
function issuedIn(text: string): Issued[] | null {
  try {
    const found = JSON.parse(text) as Partial<Issued>[];
    const whole = found.every(({ id, position, list, digest }) => [id, list, digest].every((one) => typeof one === "string") && Number.isSafeInteger(position));
    return whole ? found.map((one) => ({ created: "", revoked: false, suspended: false, ...one }) as Issued) : null;
  } catch {
    return null;
  }
}
