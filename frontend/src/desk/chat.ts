/** The private chat between the experts of an episode and its producer. */

import { h, part } from "../dom";
import { clock } from "../format";
import type { Line } from "./link";

export class Chat {
  private readonly list = part("chat");
  private newest = 0;
  private name = "";

  /** `send` resolves to whether the line is there. */
  constructor(send: (words: string) => Promise<boolean>) {
    const field = part<HTMLInputElement>("chat-words");
    part("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const words = field.value.trim();
      if (!words) return;
      field.readOnly = true;
      void send(words).then((there) => {
        if (there) field.value = "";
        field.readOnly = false;
        field.focus();
      });
    });
  }

  /** How many lines of others are new. */
  show(lines: readonly Line[], name: string): number {
    this.name = name;
    const fresh = lines.filter(({ number }) => number > this.newest);
    if (fresh.length === 0) return 0;
    this.newest = fresh.at(-1)!.number;
    const atEnd = this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 40;
    this.list.append(...fresh.map((line) => this.line(line)));
    if (atEnd) this.toEnd();
    return fresh.filter(({ by }) => by !== name).length;
  }

  toEnd(): void {
    this.list.scrollTop = this.list.scrollHeight;
  }

  private line({ at, by, words }: Line): HTMLElement {
    const own = by === this.name;
    return h("li", { class: own ? "chat__one chat__one--own" : "chat__one" }, h("p", { class: "chat__who quiet" }, `${by} ${clock(at)}`), h("p", { class: "chat__words" }, words));
  }
}
