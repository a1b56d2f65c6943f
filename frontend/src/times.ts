/** Times that the server wrote in UTC, in the reader's own clock: when a page comes, and whenever parts of it come anew. */

import { LANGUAGE } from "./words";

const LONG: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: LANGUAGE === "en" ? "short" : "long",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
};

const shapes: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  clock: { hour: "2-digit", minute: "2-digit", hour12: false },
  long: LONG,
  exact: { ...LONG, second: "2-digit" },
};

export function tellTimes(within: ParentNode): void {
  for (const time of within.querySelectorAll<HTMLTimeElement>("time[data-shape]")) {
    const shape = shapes[time.dataset["shape"] ?? ""];
    const locale = LANGUAGE === "en" ? "en-GB" : "zh-CN";
    if (shape) time.textContent = new Intl.DateTimeFormat(locale, shape).format(new Date(time.dateTime));
  }
}
