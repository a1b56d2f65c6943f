/** What this browser keeps for an authority, where its owner wants that: the key, encrypted, and what was endorsed. */

import type { Issued } from "./credential";

export interface Kept {
  readonly did: string;
  readonly name: string;
  /** Encrypted; without its passphrase it is nothing. */
  readonly pem: string;
  readonly issued: readonly Issued[];
}

const DATABASE = "quality-creator-signing";
const STORE = "desk";
const OWN = "own";

/** What was kept; null where nothing was, or the browser keeps nothing for files. */
export const recall = (): Promise<Kept | null> =>
  within<Kept | undefined>("readonly", (store) => store.get(OWN)).then(
    (found) => found ?? null,
    () => null,
  );

export const remember = (kept: Kept): Promise<unknown> => within("readwrite", (store) => store.put(kept, OWN));

export const forget = (): Promise<unknown> => within("readwrite", (store) => store.delete(OWN));

function within<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(STORE, mode);
      const asking = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => {
        opening.result.close();
        done(asking.result as T);
      };
      transaction.onerror = () => failed(transaction.error);
    };
  });
}
