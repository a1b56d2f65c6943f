/** The rundown on the page: items in their order, dragged or moved by keys, taken, cued and edited. */

import { h, part } from "../dom";
import { colon, LANGUAGE, say } from "../words";
import type { Desk } from "./desk";
import { type Item, length, seconds, shown } from "./model";

export class RundownList {
  private readonly list = part("rundown");
  private readonly dialog = part<HTMLDialogElement>("item");
  private readonly form = part<HTMLFormElement>("item-form");
  private drawn = "";
  private dragged: { id: string; row: HTMLElement } | null = null;

  constructor(private readonly desk: Desk) {
    part("item-new").addEventListener("click", () => this.edit(null));
    const file = part<HTMLInputElement>("import");
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      file.value = "";
      if (chosen) void desk.bring(chosen);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    this.list.addEventListener("pointermove", (event) => this.drag(event));
    this.list.addEventListener("pointerup", () => this.drop());
    this.list.addEventListener("pointercancel", () => this.drop(false));
  }

  render(): void {
    const state = this.desk.view?.state;
    if (!state || this.dragged) return;
    const now = JSON.stringify([state.rundown, state.on_air, state.next, this.desk.view?.sources.length]);
    if (now === this.drawn) return;
    this.drawn = now;
    const focus = document.activeElement?.getAttribute("data-focus");
    this.list.replaceChildren(...state.rundown.map((item, at) => this.row(item, at, state.on_air, state.next)));
    if (!state.rundown.length) this.list.append(h("li", { class: "quiet" }, say("st-no-items")));
    if (focus) this.list.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
  }

  private row(item: Item, at: number, onAir: string | null, next: string | null): HTMLElement {
    const title = item.title[LANGUAGE] || item.title.en || item.title["zh-Hans"] || item.id;
    const mark = item.id === onAir ? "air" : item.id === next ? "next" : "none";
    const facts = [this.desk.data.kinds[item.kind] ?? item.kind, item.scene ? this.desk.names(shown(item.scene)) : ""].filter(Boolean).join(" · ");
    const handle = h("button", { class: "item__handle", type: "button", "data-focus": `h-${item.id}`, "aria-label": say("st-move", { title }), title: say("st-move-how") }, "\u2261");
    const row = h(
      "li",
      { class: `item item--${mark}`, "data-id": item.id },
      handle,
      h("span", { class: "item__number" }, String(at + 1)),
      h(
        "div",
        { class: "item__line" },
        h("span", { class: "item__title", title }, title),
        mark === "air" ? h("span", { class: "tally tally--program" }, say("st-item-on-air")) : mark === "next" ? h("span", { class: "tally tally--preview" }, say("st-next")) : null,
        h("span", { class: "item__length" }, item.planned_s ? length(item.planned_s) : "–"),
      ),
      h(
        "div",
        { class: "item__line" },
        h("span", { class: "item__facts", title: facts }, facts),
        this.button("st-cue", title, `c-${item.id}`, () => void this.desk.do("cue", { item: item.id })),
        this.button("st-take", title, `t-${item.id}`, () => void this.desk.do("take-item", { item: item.id, transition: this.desk.transition() })),
        this.button("st-edit", title, `e-${item.id}`, () => this.edit(item)),
      ),
    );
    handle.addEventListener("pointerdown", (event) => {
      this.list.setPointerCapture(event.pointerId);
      this.dragged = { id: item.id, row };
      row.classList.add("item--dragged");
    });
    handle.addEventListener("keydown", (event) => {
      const items = this.desk.view?.state.rundown ?? [];
      if (event.key === "ArrowUp" && at > 0) this.move(item.id, items[at - 1]?.id ?? null);
      else if (event.key === "ArrowDown" && at < items.length - 1) this.move(item.id, items[at + 2]?.id ?? null);
      else return;
      event.preventDefault();
    });
    return row;
  }

  private button(word: string, title: string, focus: string, act: () => void): HTMLElement {
    const button = h("button", { class: "mini", type: "button", "data-focus": focus, "aria-label": colon(say(word), title) }, say(word));
    button.addEventListener("click", act);
    return button;
  }

  private move(item: string, before: string | null): void {
    void this.desk.do("move-item", { item, before });
  }

  /** The dragged row goes where the pointer is; the hub is asked when it is let go. */
  private drag(event: PointerEvent): void {
    const dragged = this.dragged?.row;
    if (!dragged) return;
    for (const other of this.list.querySelectorAll<HTMLElement>(".item")) {
      const box = other.getBoundingClientRect();
      if (other === dragged || event.clientY < box.top || event.clientY > box.bottom) continue;
      if (event.clientY < box.top + box.height / 2) other.before(dragged);
      else other.after(dragged);
      return;
    }
  }

  private drop(done = true): void {
    if (!this.dragged) return;
    const { id, row } = this.dragged;
    this.dragged = null;
    row.classList.remove("item--dragged");
    const before = (row.nextElementSibling as HTMLElement | null)?.dataset["id"] ?? null;
    const items = this.desk.view?.state.rundown.map((item) => item.id) ?? [];
    this.drawn = "";
    if (done && before !== (items[items.indexOf(id) + 1] ?? null)) this.move(id, before);
    else this.render();
  }

  // --- one item -------------------------------------------------------------------------------

  private edited: Item | null = null;

  private edit(item: Item | null): void {
    this.edited = item;
    const state = this.desk.view?.state;
    const field = (word: string, name: string, value: string, more: Record<string, string> = {}) =>
      h("label", { class: "field field--wide" }, h("span", { class: "field__name" }, say(word)), h("input", { class: "input", name, value, ...more }));
    const kind = h("select", { class: "input", name: "kind" });
    for (const [value, words] of Object.entries(this.desk.data.kinds)) {
      kind.append(h("option", { value, selected: value === (item?.kind ?? "forum") }, words));
    }
    const notes = h("textarea", { class: "input", name: "notes", rows: 4 });
    notes.value = item?.notes ?? "";
    const check = (name: string, value: string, words: string, checked: boolean) =>
      h("label", { class: "check" }, h("input", { type: "checkbox", name, value, checked }), h("span", {}, words));
    const kept = item?.scene ? colon(say(`st-layout-${item.scene.layout}`), this.desk.names(shown(item.scene))) : say("st-scene-none");
    const rows = [
      h("label", { class: "field" }, h("span", { class: "field__name" }, say("st-kind")), kind),
      field("st-planned", "planned", item?.planned_s ? length(item.planned_s) : "", { placeholder: "4:30", inputmode: "numeric" }),
      field("st-title-zh", "zh", item?.title["zh-Hans"] ?? "", { lang: "zh-Hans" }),
      field("st-title-en", "en", item?.title.en ?? "", { lang: "en" }),
      h(
        "fieldset",
        { class: "item-form__set" },
        h("legend", {}, say("st-scene")),
        h("p", { class: "quiet" }, kept),
        state?.mix.preview ? check("scene", "preview", say("st-scene-preview"), !item) : null,
        check("graphics", "now", say("st-graphics-now", { count: state?.mix.graphics?.length ?? 0 }), false),
      ),
      h(
        "fieldset",
        { class: "item-form__set" },
        h("legend", {}, say("st-microphones")),
        ...(this.desk.view?.sources ?? []).map((one) => check("microphone", one.id, one.name[LANGUAGE], item?.microphones?.includes(one.id) ?? false)),
      ),
      this.desk.data.characteristics.length
        ? h(
            "label",
            { class: "field field--wide" },
            h("span", { class: "field__name" }, say("st-panel")),
            h("select", { class: "input", name: "panel" }, h("option", { value: "" }, "–"), ...this.desk.data.characteristics.map((one) => h("option", { value: one.id, selected: item?.panel?.[0] === one.id }, one.name[LANGUAGE]))),
          )
        : null,
      field("st-people", "people", (item?.people ?? []).join("; ")),
      h("label", { class: "field field--wide" }, h("span", { class: "field__name" }, say("st-notes")), notes),
      h("p", { class: "complaint", id: "item-complaint", role: "alert", hidden: true }),
      h(
        "div",
        { class: "row" },
        h("button", { class: "button button--small", type: "submit" }, say("st-save")),
        this.closer("st-cancel", () => undefined),
        item ? this.closer("st-remove", () => void this.desk.do("remove-item", { item: item.id })) : null,
      ),
    ];
    this.form.replaceChildren(...rows.filter((one) => one !== null));
    this.dialog.showModal();
  }

  private closer(word: string, act: () => void): HTMLElement {
    const button = h("button", { class: "button button--quiet button--small", type: "button" }, say(word));
    button.addEventListener("click", () => {
      act();
      this.dialog.close();
    });
    return button;
  }

  private async save(): Promise<void> {
    const data = new FormData(this.form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    const planned = text("planned") ? seconds(text("planned")) : 0;
    const complaint = part("item-complaint");
    complaint.hidden = planned !== null;
    complaint.textContent = planned === null ? say("st-bad-length") : "";
    if (planned === null) return;
    const mix = this.desk.view?.state.mix;
    const scene = data.get("scene") ? mix?.preview : this.edited?.scene;
    const item: Item = {
      ...this.edited,
      id: this.edited?.id ?? crypto.randomUUID().slice(0, 8),
      kind: text("kind"),
      title: { "zh-Hans": text("zh"), en: text("en") },
      planned_s: planned,
      graphics: data.get("graphics") ? (mix?.graphics ?? []).filter((one) => !one.stays) : (this.edited?.graphics ?? []),
      panel: text("panel") ? [text("panel")] : [],
      microphones: data.getAll("microphone").map(String),
      people: text("people").split(/[;；]/).map((one) => one.trim()).filter(Boolean),
      notes: text("notes"),
      ...(scene ? { scene } : {}),
    };
    if (await this.desk.do(this.edited ? "change-item" : "add-item", { item })) this.dialog.close();
  }
}
