/** What experts said on air, and what was drawn: each with its place in the log; what is on the picture now stands out. */

import { h } from "./dom";
import { position } from "./format";
import type { LoggedGraphic, Text } from "./stream/message";
import type { Mark } from "./stream/store";
import { LANGUAGE, say } from "./words";

/** A text of one language only is shown to all readers. */
const either = (text: Text | undefined): string => text?.[LANGUAGE] || text?.en || text?.["zh-Hans"] || "";

/** Whose remark, or of what the draw is. */
export const shownName = ({ template, fields }: LoggedGraphic): string => either(fields[template === "remark" ? "name" : "what"]);

export class SaidList {
  private readonly list = h("ol", { class: "said-list" });
  private readonly items = new Map<string, HTMLElement>();
  private key = "";

  constructor(
    private readonly host: HTMLElement,
    private readonly doors: { seek(at: number): void },
  ) {
    host.append(this.list);
  }

  /** `marks` in order of time; `now` is what is over the picture. */
  show(marks: readonly Mark[], now: readonly LoggedGraphic[]): void {
    const live = new Set(now.map(({ logged }) => logged.id));
    const key = marks.map(({ at, shows }) => `${shows!.logged.id} ${at} ${live.has(shows!.logged.id)}`).join();
    if (key === this.key) return;
    this.key = key;
    this.host.hidden = marks.length === 0;
    this.list.replaceChildren(
      ...[...marks].reverse().map(({ at, shows }) => {
        const { id } = shows!.logged;
        const item = this.items.get(`${id} ${at}`) ?? this.item(at, shows!);
        this.items.set(`${id} ${at}`, item);
        item.dataset["now"] = String(live.has(id));
        return item;
      }),
    );
  }

  private item(at: number, shown: LoggedGraphic): HTMLElement {
    const { template, fields, logged } = shown;
    const when = h("button", { class: "said-list__when", type: "button" }, position(at));
    when.addEventListener("click", () => this.doors.seek(at));
    const entry = h("a", { href: `/log/documents/${logged.sha256}` }, say("said-entry", { index: logged.index }));
    const body =
      template === "remark"
        ? [
            h("p", { class: "said-list__words" }, either(fields["words"])),
            h("p", { class: "said-list__who" }, h("strong", {}, either(fields["name"])), say("separator"), either(fields["institution"])),
          ]
        : [
            h("p", { class: "said-list__words" }, say("said-drawn", { what: either(fields["what"]), units: either(fields["units"]) })),
            h("p", { class: "said-list__who" }, either(fields["repeat"])),
          ];
    return h("li", { class: "said-list__one", "data-said": logged.id }, h("p", { class: "said-list__head" }, when, h("span", { class: "said-list__now" }, say("said-now")), entry), ...body);
  }
}
