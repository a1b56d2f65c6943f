/** The graphics: what is on the picture, what comes with the next take, and the form that makes one. */

import { h, part } from "../dom";
import { colon, LANGUAGE, say } from "../words";
import type { Desk, Template } from "./desk";
import type { Graphic } from "./model";

const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"] as const;

export class GraphicPanel {
  private readonly list = part("graphics");
  private readonly form = part<HTMLFormElement>("graphic-form");
  private readonly pictures = h("div", { class: "pictures", role: "radiogroup", "aria-label": say("st-picture") });
  private drawn = "";

  constructor(private readonly desk: Desk) {
    this.fill("lower-third");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const next = (event as SubmitEvent).submitter?.getAttribute("value") === "next";
      void this.send(next ? "cue-graphic" : "show-graphic");
    });
  }

  render(): void {
    const state = this.desk.view?.state;
    const [on, tied, images] = [state?.mix.graphics ?? [], state?.tied ?? [], state?.images ?? []];
    const now = JSON.stringify([on, tied, images]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.list.replaceChildren(...on.map((one) => this.row(one, true)), ...tied.map((one) => this.row(one, false)));
    this.showPictures();
  }

  private row(one: Graphic, on: boolean): HTMLElement {
    const first = Object.values(one.fields ?? {})[0];
    const known = this.template(one.template);
    const about = (first && (first[LANGUAGE] || first.en || first["zh-Hans"])) || this.named(one);
    const words = `${known?.name[LANGUAGE] ?? one.template}${about ? `: ${about}` : ""}`;
    const off = h("button", { class: "mini", type: "button", "aria-label": colon(say("st-off"), words) }, say("st-off"));
    off.addEventListener("click", () => void this.desk.do(on ? "hide-graphic" : "uncue-graphic", { id: one.id }));
    const tally = h("span", { class: `tally tally--${on ? "program" : "preview"}` }, say(on ? "st-on" : "st-next"));
    return h("li", { class: "graphics__one" }, tally, h("span", { class: "graphics__words", title: words }, words), off);
  }

  private named(one: Graphic): string {
    const found = [...this.desk.data.characteristics, ...this.desk.data.lines].find(({ id }) => id === (one.characteristic ?? one.line));
    return found?.name[LANGUAGE] ?? "";
  }

  private template(id: string): Template | undefined {
    return this.desk.data.templates.find((one) => one.id === id);
  }

  private fill(id: string): void {
    const template = this.template(id);
    const choice = h("select", { class: "input", name: "template", "aria-label": say("st-template") });
    for (const one of this.desk.data.templates) choice.append(h("option", { value: one.id, selected: one.id === id }, one.name[LANGUAGE]));
    choice.addEventListener("change", () => this.fill(choice.value));
    const rows: HTMLElement[] = [choice];
    for (const [name, words] of Object.entries(template?.fields ?? {})) {
      for (const [language, tag] of [["zh-Hans", "中"], ["en", "En"]] as const) {
        rows.push(field(`${words[LANGUAGE]} ${tag}`, h("input", { class: "input", name: `${name}.${language}`, lang: language, maxlength: 200 })));
      }
    }
    rows.push(...this.needed(template));
    rows.push(h("label", { class: "check" }, h("input", { type: "checkbox", name: "stays", checked: ["logo", "picture-logo", "ticker"].includes(id) }), h("span", {}, say("st-stays"))));
    rows.push(
      h(
        "div",
        { class: "graphic-form__acts" },
        h("button", { class: "button button--small", type: "submit", value: "now" }, say("st-show")),
        h("button", { class: "button button--quiet button--small", type: "submit", value: "next", title: say("st-show-next-long") }, say("st-show-next")),
      ),
    );
    this.form.replaceChildren(...rows);
  }

  /** What a template needs beside its words. */
  private needed(template: Template | undefined): HTMLElement[] {
    const choice = (name: string, values: readonly { id: string; name: { "zh-Hans": string; en: string } }[]) =>
      h("select", { class: "input", name, required: true }, ...values.map((one) => h("option", { value: one.id }, one.name[LANGUAGE])));
    switch (template?.needs) {
      case "characteristic":
        return [field(say("st-characteristic"), choice("characteristic", this.desk.data.characteristics))];
      case "line":
        return [field(say("st-line"), choice("line", this.desk.data.lines))];
      case "until":
        return [field(say("st-minutes"), h("input", { class: "input", name: "minutes", type: "number", min: 0.1, step: 0.1, value: 5 }))];
      case "challenge":
        return [h("p", { class: "quiet graphic-form__note" }, say("st-code-note"))];
      case "image":
        return this.picture();
      default:
        return [];
    }
  }

  private picture(): HTMLElement[] {
    const file = h("input", { class: "unseen", type: "file", accept: "image/png,.png" });
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      file.value = "";
      if (chosen) void this.desk.bringImage(chosen);
    });
    const corners = h("select", { class: "input", name: "corner" }, ...CORNERS.map((one) => h("option", { value: one, selected: one === "top-right" }, say(`st-corner-${one}`))));
    const size = h("input", { type: "range", name: "width", min: 3, max: 50, value: 12 });
    this.showPictures();
    return [
      this.pictures,
      h("label", { class: "link graphic-form__file" }, say("st-picture-bring"), file),
      field(say("st-corner"), corners),
      field(say("st-size"), size),
    ];
  }

  private showPictures(): void {
    const images = this.desk.view?.state.images ?? [];
    const chosen = this.pictures.querySelector<HTMLInputElement>("input:checked")?.value;
    const known = new Set([...this.pictures.querySelectorAll<HTMLInputElement>("input")].map(({ value }) => value));
    // What has just been brought is what is meant.
    const wanted = images.find(({ digest }) => known.size > 0 && !known.has(digest))?.digest ?? chosen ?? images.at(-1)?.digest;
    this.pictures.replaceChildren(
      ...images.map(({ digest, width, height }, at) =>
        h(
          "label",
          { class: "pictures__one" },
          h("input", { class: "unseen", type: "radio", name: "digest", value: digest, checked: digest === wanted, required: true, "aria-label": say("st-picture-number", { number: at + 1, width, height }) }),
          h("img", { src: `${this.desk.address}/images/${digest}`, alt: "", width, height }),
        ),
      ),
    );
    if (!images.length) this.pictures.append(h("p", { class: "quiet graphic-form__note" }, say("st-picture-none")));
  }

  private async send(command: "show-graphic" | "cue-graphic"): Promise<void> {
    const data = new FormData(this.form);
    const template = this.template(String(data.get("template")));
    if (!template) return;
    const fields: Record<string, { "zh-Hans": string; en: string }> = {};
    for (const name of Object.keys(template.fields)) {
      fields[name] = { "zh-Hans": String(data.get(`${name}.zh-Hans`) ?? ""), en: String(data.get(`${name}.en`) ?? "") };
    }
    const text = (name: string) => String(data.get(name) ?? "");
    const image = { digest: text("digest"), corner: text("corner"), width: Number(data.get("width")) / 100 };
    const graphic = {
      id: template.id,
      template: template.id,
      fields,
      stays: data.get("stays") !== null,
      ...(template.needs === "characteristic" ? { characteristic: text("characteristic") } : {}),
      ...(template.needs === "line" ? { line: text("line") } : {}),
      ...(template.needs === "image" ? { image } : {}),
      ...(template.needs === "until" ? { until: Math.round(this.desk.now() + Number(data.get("minutes")) * 60e6) } : {}),
    };
    await this.desk.do(command, { graphic });
  }
}

function field(words: string, input: HTMLElement): HTMLElement {
  return h("label", { class: "graphic-form__field" }, h("span", {}, words), input);
}
