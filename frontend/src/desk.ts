/** The expert's desk: the programme and its charts, signed remarks, own measurements, and a word with the producer. */

import "./styles/desk.css";
import type { InstrumentCard } from "./charts/instrument";
import { Chat } from "./desk/chat";
import { Composer } from "./desk/composer";
import { keyOf, standing, type Standing } from "./desk/key";
import { listen, Refusal, write, type State } from "./desk/link";
import { Outbox } from "./desk/outbox";
import { sign, type Key, type Said } from "./desk/remark";
import { Tabs } from "./desk/tabs";
import { ToldList } from "./desk/told";
import { LotForm } from "./desk/units";
import { h, part, tell } from "./dom";
import { untilOnAir } from "./onair";
import { Programme } from "./programme";
import { colon, LANGUAGE, say } from "./words";

const TAIL = 8;

class DeskPage {
  private readonly root = part("episode");
  private readonly base = this.root.dataset["desk"]!;
  private readonly programme: Programme | null;
  private readonly composer: Composer;
  private readonly tabs = new Tabs((one) => one === "chat" && this.chat.toEnd());
  private readonly chat = new Chat((words) => this.write(words));
  private readonly outbox = new Outbox(this.base, () => this.showOutbox(), {
    away: say("dk-waiting-for-hub"),
    refused: (words) => say("dk-refused", { words }),
  });
  private readonly told = new ToldList(part("told"), {
    seek: (at) => this.programme?.seek(at),
    mine: (expert) => this.ready && expert === `did:key:${this.key?.name}`,
    withdraw: (id) => this.send({ kind: "withdrawal", words: "", withdraws: id }),
    definitions: () => this.definitions,
  });
  private readonly lots = new Map<string, LotForm>();
  private readonly asks: (() => void)[] = [];
  private state: State | null = null;
  private key: Key | null = null;
  private standing: Standing = { kind: "guest" };
  private lost = false;
  private known = 0;
  private complaint = "";

  constructor() {
    this.programme =
      this.root.dataset["state"] === "planned"
        ? null
        : new Programme({ frame: () => this.composer.tick(), card: (card) => this.equip(card) });
    this.composer = new Composer({
      at: () => this.programme?.at ?? 0,
      still: () => this.programme?.still() ?? Promise.resolve(null),
      send: (said) => this.send(said),
    });
    document.addEventListener("visibilitychange", () => !document.hidden && this.state && void this.look());
  }

  start(): void {
    if (this.programme) this.programme.start();
    else void untilOnAir(this.root);
    listen(this.base, {
      state: (state) => this.take(state),
      lost: (lost) => {
        this.lost = lost;
        this.warn();
      },
      dismissed: () => {
        this.complaint = say("dk-dismissed");
        this.warn();
      },
    });
  }

  private get definitions() {
    return this.programme?.definitions ?? [];
  }

  /** Whether something can be signed and sent. */
  private get ready(): boolean {
    return this.standing.kind === "ready" && (this.state?.state === "on-air" || this.state?.state === "ended");
  }

  private take(state: State): void {
    const first = this.state === null;
    this.state = state;
    void this.look();
    const fresh = this.chat.show(state.chat, state.who.name);
    if (!first) this.tabs.note("chat", fresh);
    const others = state.remarks.filter(({ document }) => document.expert !== `did:key:${this.key?.name}`).length;
    if (!first) this.tabs.note("told", others - this.known);
    this.known = others;
    this.show();
  }

  /** Which key is in this browser: it may have been made in another tab meanwhile. */
  private async look(): Promise<void> {
    const { state } = this;
    if (!state) return;
    const able = window.isSecureContext && "indexedDB" in window;
    try {
      this.key = able ? await keyOf(state.who.person) : null;
    } catch {
      this.key = null; // a browser that keeps nothing, as in some private windows
    }
    this.standing = standing(state.who, this.key);
    this.showKey(able);
    this.show();
  }

  private showKey(able: boolean): void {
    const { standing, state } = this;
    if (!state) return;
    const institution = state.who.institution_name?.[LANGUAGE] ?? state.who.institution;
    const places = { name: state.who.name, institution, tail: this.key?.name.slice(-TAIL) ?? "" };
    const kind = standing.kind !== "guest" && !able ? "unable" : standing.kind;
    part("key").dataset["kind"] = kind;
    tell(part("key-words"), say(`dk-key-${kind}`, places));
    const closed = state.state === "planned" ? "dk-not-begun" : state.state === "published" ? "dk-published" : "";
    const how = kind === "none" && standing.kind === "none" && standing.elsewhere ? "elsewhere" : kind;
    const more = ["waiting", "none", "revoked"].includes(kind) ? say(`dk-key-${how}-how`, places) : closed && say(closed);
    tell(part("key-more"), more);
    part("key-make").hidden = kind !== "none" && kind !== "revoked";
  }

  private show(): void {
    const { state, ready } = this;
    if (!state) return;
    this.composer.enable(ready);
    this.composer.offer(this.definitions, state.lots);
    this.told.show(state.remarks);
    part("no-told").hidden = state.remarks.length > 0 || this.outbox.letters.length > 0;
    part("no-lots").hidden = state.lots.length > 0;
    for (const lot of state.lots) {
      const form = this.lots.get(lot.lot);
      if (form && form.lot.units.length === lot.units.length) form.refresh();
      else {
        const made = new LotForm(lot, { definitions: () => this.definitions, send: (said) => this.send(said), ready: () => this.ready });
        if (form) form.element.replaceWith(made.element);
        else part("lots").append(made.element);
        this.lots.set(lot.lot, made);
      }
      this.lots.get(lot.lot)!.update(lot);
    }
    for (const show of this.asks) show();
    this.warn();
  }

  private warn(): void {
    const words = this.complaint || (this.lost ? say("dk-lost") : "");
    part("trouble").hidden = words === "";
    tell(part("trouble"), words);
  }

  /** What an expert may want of an instrument stands on its card. */
  private equip(card: InstrumentCard): void {
    const { characteristic, name } = card.definition;
    const note = h("p", { class: "asks__note", role: "status" });
    const ask = (kind: "measure-again" | "open-limits") => {
      const button = h("button", { class: "button button--quiet button--small", type: "button", "aria-label": colon(say(`dk-${kind}`), name[LANGUAGE]) }, say(`dk-${kind}`));
      button.addEventListener("click", () => {
        button.disabled = true;
        tell(note, say("dk-signing"));
        void this.send({ kind, words: say(`dk-${kind}-words`), about: { characteristic } }).then((index) => {
          tell(note, index === null ? "" : say("dk-entered", { index }));
          button.disabled = !this.ready;
        });
      });
      return button;
    };
    const on = h("button", { class: "button button--quiet button--small", type: "button", "aria-label": colon(say("dk-remark-on"), name[LANGUAGE]) }, say("dk-remark-on"));
    on.addEventListener("click", () => {
      this.tabs.bring("say");
      this.composer.begin(characteristic);
    });
    const buttons = [on, ask("measure-again"), ask("open-limits")];
    card.element.append(h("div", { class: "asks" }, ...buttons, note));
    const show = () => {
      for (const button of buttons) button.disabled = !this.ready;
    };
    this.asks.push(show);
    show();
    this.show();
  }

  /** Sign something and send it; its place in the log, or null when it was not taken. */
  private async send(said: Said): Promise<number | null> {
    const { state, key } = this;
    if (!state || !key || !this.ready) return null;
    const spanned = said.kind === "withdrawal" || said.span ? said : { ...said, span: this.composer.span };
    const speaker = {
      episode: state.episode,
      institution: state.who.institution,
      name: state.who.name,
      language: LANGUAGE === "en" ? ("en" as const) : ("zh" as const),
      seen: state.seen,
    };
    try {
      return await this.outbox.send(await sign(spanned, speaker, key, crypto.randomUUID(), new Date()));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.tabs.open("told");
      return null;
    }
  }

  private async write(words: string): Promise<boolean> {
    try {
      await write(this.base, words);
      this.complaint = "";
    } catch (error) {
      this.complaint = error instanceof Refusal ? say("dk-refused", { words: error.message }) : say("dk-lost");
    }
    this.warn();
    return this.complaint === "";
  }

  private showOutbox(): void {
    part("outbox").replaceChildren(
      ...this.outbox.letters.map((letter) => {
        const forget = h("button", { class: "link", type: "button" }, say("dk-forget"));
        forget.addEventListener("click", () => this.outbox.forget(letter));
        return h(
          "li",
          { class: "remark", "data-state": letter.refused ? "refused" : "sending" },
          h("p", { class: "remark__words" }, String(letter.document["words"])),
          h("p", { role: letter.refused ? "alert" : "status" }, letter.words || say("dk-sending")),
          letter.refused ? h("p", { class: "remark__foot" }, forget) : null,
        );
      }),
    );
    part("no-told").hidden = (this.state?.remarks.length ?? 0) > 0 || this.outbox.letters.length > 0;
  }
}

new DeskPage().start();
