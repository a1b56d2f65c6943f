/** What was signed and is not in the log yet: sent again, the same bytes, until the hub has said yes or no. */

import { enter, Refusal } from "./link";
import type { Document } from "./proof";

export interface Letter {
  readonly document: Document;
  /** Empty while it is on its way; else why it is not there yet, or not taken. */
  words: string;
  refused: boolean;
}

const AGAIN_MS = 3_000;

export class Outbox {
  readonly letters: Letter[] = [];

  /** `changed` is called when there is something new to show. */
  constructor(
    private readonly base: string,
    private readonly changed: () => void,
    private readonly words: { readonly away: string; refused(words: string): string },
  ) {}

  /** Send a signed document; its place in the log. Throws Refusal. */
  async send(document: Document): Promise<number> {
    const letter: Letter = { document, words: "", refused: false };
    this.letters.push(letter);
    this.changed();
    for (;;) {
      try {
        const index = await enter(this.base, document);
        this.forget(letter);
        return index;
      } catch (error) {
        letter.refused = error instanceof Refusal;
        letter.words = error instanceof Refusal ? this.words.refused(error.message) : this.words.away;
        this.changed();
        if (error instanceof Refusal) throw error;
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }

  forget(letter: Letter): void {
    this.letters.splice(this.letters.indexOf(letter), 1);
    this.changed();
  }
}
