/** What every page has: the tokens, the type, times in the reader's own clock, and countdowns. */
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/home.css";
import { span } from "./format";
import { tellTimes } from "./times";
import { say } from "./words";

tellTimes(document);

function tell(element: HTMLElement, until: number): void {
  const left = (until - Date.now()) / 1000;
  const days = Math.floor(left / 86_400);
  const rest = span(left % 86_400).padStart(7, "0:00:00");
  const text =
    left <= 0 ? say("soon") : days > 0 ? say("countdown-days", { days, clock: rest }) : rest.padStart(8, "0");
  element.textContent = text;
  element.classList.toggle("countdown--words", left <= 0);
  element.hidden = false;
}

for (const element of document.querySelectorAll<HTMLElement>("[data-countdown]")) {
  const until = Date.parse(element.dataset["countdown"] ?? "");
  tell(element, until);
  setInterval(() => tell(element, until), 1000);
}
