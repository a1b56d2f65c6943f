/** The producer's list of guests: who is here, how loud, mute, talk, and a link for each. */

import "./styles/lines.css";
import "./styles/join.css";
import { h, part, tell } from "./dom";
import { Line } from "./join/line";
import { say } from "./join/words";
import { colon, LANGUAGE } from "./words";

interface Wording {
  readonly "zh-Hans": string;
  readonly en: string;
}

interface Attendance {
  readonly guest: { readonly id: string; readonly name: Wording; readonly title: Wording };
  readonly sending: boolean;
  readonly condition: "connecting" | "live" | "frozen" | "slate" | null;
  readonly words: string;
  readonly level: number | null;
  readonly speaks: boolean;
  readonly on: "program" | "preview" | "";
  readonly muted: boolean;
  readonly talking: boolean;
}

const POLL_MS = 400;
const QUIETEST = -60;
const address = part("forum").dataset["address"]!;

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(address + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const said = (await answer.json()) as { error?: string };
  if (!answer.ok) throw new Error(said.error ?? String(answer.status));
  return said;
}

function complain(words: string): void {
  const trouble = part("trouble");
  trouble.hidden = words === "";
  tell(trouble, words);
}

/** Do something that a person pressed, and show at once what came of it. */
async function act(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    complain("");
    await read();
  } catch (error) {
    complain((error as Error).message);
  }
}

class Row {
  readonly element = h("li", { class: "forum__guest" });
  private readonly name = h("p", { class: "forum__name" });
  private readonly office = h("p", { class: "forum__office" });
  private readonly state = h("p", { class: "state" });
  private readonly words = h("p", { class: "forum__words" });
  private readonly bar = h("span", { class: "level__bar" });
  private readonly level = h("div", { class: "level", role: "meter", "aria-valuemin": QUIETEST, "aria-valuemax": 0 }, this.bar);
  private readonly mute = this.button(() => ask("POST", `/guests/${this.id}/mute`, { muted: !this.last?.muted }));
  private readonly talk = this.button(() => talkTo(this.last?.talking ? null : this.id));
  private readonly renew = this.button(() => invited(ask("POST", `/guests/${this.id}/link`, {})));
  private readonly remove = this.button(() => this.removing());
  private last: Attendance | null = null;
  private sure = false;

  constructor(private readonly id: string) {
    this.element.append(
      h("div", {}, this.name, this.office),
      h("div", {}, this.state, this.words),
      this.level,
      h("div", { class: "forum__buttons" }, this.mute, this.talk, this.renew, this.remove),
    );
    tell(this.renew, say("renew"));
  }

  show(now: Attendance): void {
    this.last = now;
    const name = pick(now.guest.name);
    tell(this.name, name);
    tell(this.office, pick(now.guest.title));
    const voice = now.condition !== "live" && now.sending && now.words.startsWith("voice");
    const lost = now.condition === "frozen" || (now.condition === "slate" && !voice);
    const where = now.sending ? (voice ? "voice" : lost ? "lost" : now.condition === "live" ? "live" : "here") : "away";
    tell(this.state, say(now.on && now.sending ? now.on : where));
    this.state.className = `state${now.on && now.sending ? ` state--${now.on}` : ""}`;
    const more = [now.on && now.sending ? say(where) : "", now.speaks && now.sending ? say("speaks") : ""];
    tell(this.words, more.filter(Boolean).join(" · "));
    const level = Math.max(now.level ?? QUIETEST, QUIETEST);
    this.bar.style.setProperty("--level", String(1 - level / QUIETEST));
    this.level.setAttribute("aria-valuenow", String(Math.round(level)));
    this.level.setAttribute("aria-label", say("level", { name }));
    this.press(this.mute, now.muted, now.muted ? "unmute" : "mute", name);
    this.press(this.talk, now.talking, now.talking ? "talking" : "talk", name);
    this.renew.setAttribute("aria-label", colon(say("renew"), name));
    tell(this.remove, say(this.sure ? "remove-really" : "remove"));
    this.remove.setAttribute("aria-label", colon(say(this.sure ? "remove-really" : "remove"), name));
  }

  private press(button: HTMLButtonElement, on: boolean, key: string, name: string): void {
    button.setAttribute("aria-pressed", String(on));
    tell(button, say(key));
    button.setAttribute("aria-label", colon(say(key), name));
  }

  private async removing(): Promise<void> {
    if (this.sure) {
      await ask("DELETE", `/guests/${this.id}`);
      return;
    }
    this.sure = true;
    setTimeout(() => (this.sure = false), 4000);
  }

  private button(work: () => Promise<unknown>): HTMLButtonElement {
    const made = h("button", { type: "button", class: "button button--quiet" });
    made.addEventListener("click", () => void act(work));
    return made;
  }
}

const rows = new Map<string, Row>();

function pick(text: Wording): string {
  return text[LANGUAGE];
}

async function read(): Promise<void> {
  const { guests } = (await ask("GET", "/guests")) as { guests: Attendance[] };
  const here = new Set(guests.map(({ guest }) => guest.id));
  for (const [id, row] of rows) {
    if (here.has(id)) continue;
    row.element.remove();
    rows.delete(id);
  }
  for (const one of guests) {
    let row = rows.get(one.guest.id);
    if (!row) {
      row = new Row(one.guest.id);
      rows.set(one.guest.id, row);
      part("guests").append(row.element);
    }
    row.show(one);
  }
  part("none").hidden = guests.length > 0;
}

// --- invitations ---------------------------------------------------------------

async function invited(answer: Promise<unknown>): Promise<void> {
  const { guest, path } = (await answer) as { guest: { name: Wording }; path: string };
  tell(part("invited-words"), say("invited", { name: pick(guest.name) }));
  tell(part("invited-path"), location.origin + path);
  tell(part("copy"), part("copy").dataset["words"] ?? part("copy").textContent ?? "");
  part("invited").hidden = false;
}

part("copy").dataset["words"] = part("copy").textContent ?? "";
part("copy").addEventListener("click", () => {
  void navigator.clipboard.writeText(part("invited-path").textContent ?? "").then(() => tell(part("copy"), say("copied")));
});

part<HTMLFormElement>("invite").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const field = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value.trim();
  const [first, second] = LANGUAGE === "en" ? (["en", "zh-Hans"] as const) : (["zh-Hans", "en"] as const);
  const draft = {
    name: { [first]: field("name"), [second]: field("other") },
    title: { "zh-Hans": field("title"), en: field("title") },
    hours: Number(field("hours")),
  };
  void act(async () => {
    await invited(ask("POST", "/guests", draft));
    form.reset();
  });
});

// --- talkback --------------------------------------------------------------------

let talkback: Line | null = null;
let voice: MediaStreamTrack | null = null;

/** Let a guest hear the producer; the line stands from the first time on, and is silent otherwise. */
async function talkTo(guest: string | null): Promise<void> {
  if (guest !== null && (!talkback || talkback.broken)) await openTalkback();
  if (voice) voice.enabled = guest !== null;
  await ask("PUT", "/talkback", { guest });
}

async function openTalkback(): Promise<void> {
  try {
    voice ??= (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0] ?? null;
  } catch {
    throw new Error(say("no-microphone"));
  }
  const track = voice;
  talkback = await Line.open(`${address}/talkback`, [], (peer) => track && peer.addTransceiver(track, { direction: "sendonly" }), null);
}

async function follow(): Promise<void> {
  for (;;) {
    try {
      if (!document.hidden) await read();
    } catch {
      complain(say("lost-hub"));
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

void follow();
