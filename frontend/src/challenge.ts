/** The screen in the factory: the code of the moment, large enough to be filmed. */

import "./styles/challenge.css";
import { part, tell } from "./dom";
import { say } from "./words";

const ASK_MS = 1_000;
const PATIENCE_MS = 5_000;

/** How long after its time a code may stand before the page says that the log is late. */
const LATE_S = 10;

interface Shown {
  code: string;
  size: number;
  /** Microseconds since 1970. */
  until: number;
  logged: boolean;
}

let shown: Shown | null = null;
let left: number | null = null;
let lost = false;

async function ask(): Promise<void> {
  try {
    const answer = await fetch("/api/challenge", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status !== 503) {
      if (!answer.ok) throw new Error(String(answer.status));
      show((await answer.json()) as Shown, Date.parse(answer.headers.get("date") ?? ""));
    }
    lost = false;
  } catch {
    lost = true;
  }
  describe();
  setTimeout(() => void ask(), ASK_MS);
}

/** The hub's clock counts, not the tablet's. */
function show(now: Shown, hub: number): void {
  if (shown?.code !== now.code) {
    tell(part("first"), now.code.slice(0, 4));
    tell(part("last"), now.code.slice(4));
    const picture = part<HTMLImageElement>("qr");
    picture.src = `/challenge/${now.size}.svg`;
    picture.hidden = false;
  }
  shown = now;
  left = Math.ceil((now.until / 1_000 - (Number.isNaN(hub) ? Date.now() : hub)) / 1_000);
}

function describe(): void {
  const late = left !== null && left < -LATE_S;
  tell(part("left"), left === null ? "–" : String(Math.max(left, 0)));
  const key = lost ? "challenge-lost" : late ? "challenge-late" : shown?.logged ? "challenge-logged" : "challenge-idle";
  if (lost || shown) tell(part("state"), say(key));
  part("challenge").classList.toggle("challenge--stale", lost || late);
}

void ask();
