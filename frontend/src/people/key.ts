/** An expert's key: made here, kept here, and never given away; Ed25519 by WebCrypto, in IndexedDB. */

import { ask, text } from "./passkey";

const STORE = "keys";

interface Question {
  readonly challenge: string;
  readonly institution: string;
  readonly person: string;
  readonly type: string;
}

/** Make a key, show the hub that this browser has it, and keep it once the hub knows it. */
export async function enrolKey(): Promise<void> {
  const question = (await ask("/me/key/question")) as Question;
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"])) as CryptoKeyPair;
  const key = text(await crypto.subtle.exportKey("raw", pair.publicKey));
  const signature = text(await crypto.subtle.sign("Ed25519", pair.privateKey, canonical({ ...question, key })));
  await ask("/me/key", { challenge: question.challenge, key, signature });
  await keep(question.person, pair);
}

/** RFC 8785 for an object of texts: its names in order, and nothing between. */
export function canonical(value: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const names = Object.keys(value).sort();
  return new TextEncoder().encode(`{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(value[name])}`).join(",")}}`);
}

function keep(person: string, pair: CryptoKeyPair): Promise<void> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("quality-creator", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const writing = opening.result.transaction(STORE, "readwrite");
      writing.objectStore(STORE).put(pair, person);
      writing.oncomplete = () => done();
      writing.onerror = () => failed(writing.error);
    };
  });
}
