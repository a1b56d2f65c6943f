/** What workers and peers tell in English, in the reader's language where the sentence is one of ours. */

import { Sentences, type Sentence } from "./sentences";

const known = document.getElementById("heard-words");
const sentences = new Sentences(JSON.parse(known?.textContent ?? "[]") as readonly Sentence[]);

export const heard = (words: string): string => (known ? sentences.say(words) : words);
