/** The host's pages: how much time is left, what comes next, and the notes in large letters. */

import "./styles/timer.css";
import { h, part, tell } from "./dom";
import { clock as timeOfDay } from "./format";
import { length, over, phase, type Item, type Timing } from "./studio/model";
import { LANGUAGE, say } from "./words";

interface CueSheet {
  readonly now: number;
  readonly timing: Timing;
  readonly rehearsal: boolean;
  readonly item: Item | null;
  readonly next: Item | null;
}

const POLL_MS = 500;
const root = part("host");
const title = (item: Item | null) => (item ? item.title[LANGUAGE] || item.title.en || item.title["zh-Hans"] : "");

let sheet: CueSheet | null = null;
let ahead = 0;
let read = "";

function show(): void {
  if (!sheet) return;
  const now = Date.now() * 1000 + ahead;
  const { timing } = sheet;
  const planned = sheet.item !== null || sheet.next !== null;
  const clock = part("host-clock");
  const left = timing.item_ends === null ? null : (timing.item_ends - now) / 1e6;
  const since = timing.item_began === null ? null : (now - timing.item_began) / 1e6;
  tell(clock, since === null ? "–:––" : length(left ?? since));
  clock.dataset["long"] = String((clock.textContent ?? "").length > 6);
  const urgency = phase(timing, now);
  root.dataset["phase"] = urgency;
  tell(part("host-phase"), say(sheet.rehearsal ? "st-mode-rehearsal" : `st-phase-${urgency}`));
  tell(part("host-item"), planned ? title(sheet.item) : say("st-nothing-planned"));
  tell(part("host-next"), title(sheet.next) || "–");
  tell(part("host-day"), timeOfDay(now));
  const late = planned ? over(timing, now) : null;
  tell(part("host-over"), late === null ? "–" : `${say(late >= 0.5 ? "st-over" : "st-under")} ${length(Math.abs(late))}`);
  const notes = part("host-notes");
  const words = sheet.item?.notes || (sheet.item && root.dataset["prompter"] ? say("st-no-notes") : "");
  if (words !== read) {
    read = words;
    notes.replaceChildren(...words.split(/\n{2,}/).filter(Boolean).map((one) => h("p", {}, one)));
    notes.scrollTo({ top: 0 });
  }
}

async function follow(): Promise<never> {
  for (;;) {
    try {
      const answer = await fetch(`${root.dataset["address"]}/timer.json`);
      if (answer.ok) {
        sheet = (await answer.json()) as CueSheet;
        ahead = sheet.now - Date.now() * 1000;
      }
      part("host-lost").hidden = answer.ok;
    } catch {
      part("host-lost").hidden = false;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

// The prompter scrolls by itself; space stops it, arrows change its pace, and so do the buttons.
const SLOWEST = 10;
let rolling = false;
/** Pixels a second. */
let pace = 40;
let place = 0;
let before = performance.now();
function roll(now: number): void {
  const notes = part("host-notes");
  if (rolling) {
    place = Math.max(notes.scrollTop, place) + (pace * (now - before)) / 1000;
    notes.scrollTo({ top: place });
  } else place = notes.scrollTop;
  before = now;
  requestAnimationFrame(roll);
}

function turn(on: boolean): void {
  rolling = on;
  part("roll").setAttribute("aria-pressed", String(on));
}

function faster(by: number): void {
  pace = Math.max(pace + by, SLOWEST);
  tell(part("pace"), String(pace));
}

if (root.dataset["prompter"]) {
  part("roll").addEventListener("click", () => turn(!rolling));
  part("slower").addEventListener("click", () => faster(-10));
  part("faster").addEventListener("click", () => faster(10));
  part("mirror").addEventListener("click", () => {
    const on = root.classList.toggle("host--mirrored");
    part("mirror").setAttribute("aria-pressed", String(on));
  });
  document.addEventListener("keydown", (event) => {
    if (event.code === "Space") {
      if ((event.target as HTMLElement).matches("button:focus-visible")) return;
      turn(!rolling);
    } else if (event.code === "ArrowDown") faster(10);
    else if (event.code === "ArrowUp") faster(-10);
    else return;
    event.preventDefault();
  });
}
requestAnimationFrame(roll);
setInterval(show, 100);
void follow();
