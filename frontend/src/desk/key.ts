/** Which key this browser has for the reader, and whether remarks can be signed with it now. */

import type { OwnKey, Who } from "./link";
import { multikey } from "./proof";
import type { Key } from "./remark";

export type Standing =
  | { readonly kind: "ready"; readonly key: Key }
  /** Enrolled, and nobody has approved it yet. */
  | { readonly kind: "waiting"; readonly key: Key }
  | { readonly kind: "revoked" }
  /** This browser has none; `elsewhere` where another browser of theirs has one. */
  | { readonly kind: "none"; readonly elsewhere: boolean }
  /** The reader looks on and signs nothing. */
  | { readonly kind: "guest" };

/** What can be done with the key in hand, as the hub knows it. */
export function standing(who: Who, key: Key | null): Standing {
  if (!who.signs) return { kind: "guest" };
  const known = key && who.keys.find(({ did }: OwnKey) => did === `did:key:${key.name}`);
  if (!key || !known) return { kind: "none", elsewhere: who.keys.some(({ state }) => state !== "revoked") };
  if (known.state === "revoked") return { kind: "revoked" };
  return { kind: known.state === "approved" ? "ready" : "waiting", key };
}

/** The key that was made for a person in this browser (`people/key.ts`); null where there is none. */
export async function keyOf(person: string): Promise<Key | null> {
  const pair = person && (await stored(person));
  if (!pair) return null;
  return { pair, name: multikey(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))) };
}

function stored(person: string): Promise<CryptoKeyPair | undefined> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("quality-creator", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const asking = opening.result.transaction("keys").objectStore("keys").get(person) as IDBRequest<CryptoKeyPair | undefined>;
      asking.onsuccess = () => done(asking.result);
      asking.onerror = () => failed(asking.error);
      asking.transaction!.oncomplete = () => opening.result.close();
    };
  });
}
