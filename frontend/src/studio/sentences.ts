/** Recognise sentences by their templates and say them in another language. Pure. */

/** A sentence with places, and how it reads in the reader's language. */
export type Sentence = readonly [template: string, told: string];

interface Known {
  readonly shape: RegExp;
  readonly names: readonly string[];
  readonly told: string;
}

export class Sentences {
  private readonly known: readonly Known[];

  constructor(sentences: readonly Sentence[]) {
    this.known = sentences.map(([template, told]) => {
      const names = [...template.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "");
      const shape = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, "(.+?)");
      return { shape: new RegExp(`^${shape}$`), names, told };
    });
  }

  /** What nobody knows stays as it is: it is a peer's own. Things that have nothing to do with each other stand between semicolons. */
  say(words: string): string {
    const whole = this.whole(words);
    if (whole !== null) return whole;
    const pieces = words.split("; ");
    const told = pieces.map((piece) => this.whole(piece));
    return told.every((piece) => piece === null) ? words : told.map((piece, at) => piece ?? pieces[at]).join("；");
  }

  private whole(words: string): string | null {
    for (const { shape, names, told } of this.known) {
      const found = shape.exec(words);
      if (!found) continue;
      // A place can hold a sentence of its own: where a mark is from, why something failed.
      return told.replace(/\{(\w+)\}/g, (_, name: string) => {
        const place = found[names.indexOf(name) + 1] ?? "";
        return this.whole(place) ?? place;
      });
    }
    return null;
  }
}
