/** Checks an init segment's manifest: who signs this rendition, and with which session keys. */

import { boxes, C2PA_UUID, hashOf, hex, holds, sha256, type Box } from "./boxes";
import { bstr, decode, entry, same, utf8, type Cbor } from "./cbor";
import { certificate, signerOf } from "./certificate";
import { coseKey, requireSigned, sign1 } from "./cose";
import { BadProof, type Source } from "./verdict";

/** How much older than its key a picture may be: a hub that comes back fills what passed meanwhile. */
const FILLED_MS = 60_000;

/** What stands in the manifest's box before its store: version and flags, a purpose, no offset. */
const HEAD = hex("00000000" + "6d616e696665737400" + "0000000000000000");
/** How the description of a box of C2PA's goes on after its kind. */
const ISO = hex("00110010800000aa00389b7103");

export interface SessionKey {
  readonly kid: Uint8Array;
  readonly key: CryptoKey;
  readonly first: number;
  readonly from: number;
  readonly until: number;
}

export interface Manifest extends Source {
  readonly keys: readonly SessionKey[];
}

interface Superbox {
  readonly label: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly content: Uint8Array | null;
  readonly children: readonly Superbox[];
}

/** The manifest of an init segment, checked; null when there is none. Throws BadProof. */
export async function readInit(init: Uint8Array): Promise<Manifest | null> {
  const all = boxes(init);
  const isManifest = (box: Box) => box.kind === "uuid" && holds(init, box, 8, C2PA_UUID);
  const found = all.filter(isManifest);
  if (all.some(({ kind }) => kind === "mdat")) throw new BadProof("an init segment with pictures in it");
  if (found.length === 0) return null;
  const head = found[0]!.content + 16;
  if (found.length > 1 || !holds(init, found[0]!, 24, HEAD)) throw new BadProof("no manifest");
  const [store, more] = superboxes(init, head + HEAD.length, found[0]!.end, 0);
  const manifest = store?.children[0];
  if (more || store?.label !== "c2pa" || store.kind !== "c2pa") throw new BadProof("no manifest store");
  if (store.children.length !== 1 || manifest?.kind !== "c2ma" || manifest.children.length !== 3) throw new BadProof("not one manifest");
  const claimBytes = content(child(manifest, "c2pa.claim.v2", "c2cl"));
  const claim = decode(claimBytes);
  const assertions = await assertionsOf(child(manifest, "c2pa.assertions", "c2as"), claim);
  if (entry(claim, "signature", "text") !== `self#jumbf=/c2pa/${manifest.label}/c2pa.signature`) {
    throw new BadProof("a claim whose signature is elsewhere");
  }
  const message = sign1(decode(content(child(manifest, "c2pa.signature", "c2cs"))));
  const stated = message.headers.get(33);
  const raws = stated instanceof Uint8Array ? [stated] : (stated as readonly Cbor[]);
  if (!Array.isArray(raws) || !raws.every((one) => one instanceof Uint8Array)) throw new BadProof("no certificates");
  const chain = await Promise.all((raws as Uint8Array[]).map(certificate));
  await requireSigned(message, chain[0]!.key, claimBytes);
  const leftOut = (box: Box) => isManifest(box) || box.kind === "ftyp" || box.kind === "mfra";
  const hash = assertions.get("c2pa.hash.bmff.v3");
  if (exclusions(hash) !== "/uuid,/ftyp,/mfra" || !same(entry(hash, "hash", "bytes"), await hashOf(init, leftOut))) {
    throw new BadProof("the init segment is not the one that was signed");
  }
  const keys = await Promise.all(
    entry(assertions.get("c2pa.session-keys"), "keys", "list").map((one) => sessionKey(one, chain[0]!.raw)),
  );
  if (keys.length === 0) throw new BadProof("no session key");
  const anchor = String(await sha256(chain.at(-1)!.raw));
  return { urn: manifest.label, keys, anchor, signer: await signerOf(chain), since: Math.min(...keys.map(({ from }) => from)) + FILLED_MS };
}

/** The paths of what a hash leaves out. */
export function exclusions(hash: Cbor | undefined): string {
  return entry(hash, "exclusions", "list")
    .map((one) => entry(one, "xpath", "text"))
    .join();
}

async function assertionsOf(store: Superbox, claim: Cbor): Promise<Map<string, Cbor>> {
  const found = new Map<string, Cbor>();
  for (const one of entry(claim, "created_assertions", "list")) {
    const label = /^self#jumbf=c2pa\.assertions\/(.+)$/.exec(entry(one, "url", "text"))?.[1] ?? "";
    const assertion = child(store, label, "cbor");
    if (!same(await sha256(assertion.raw.subarray(8)), entry(one, "hash", "bytes"))) {
      throw new BadProof("an assertion that is not the one that was signed");
    }
    found.set(label, decode(content(assertion)));
  }
  if (found.size !== store.children.length) throw new BadProof("assertions that nobody signed");
  return found;
}

async function sessionKey(value: Cbor, endEntity: Uint8Array): Promise<SessionKey> {
  const { kid, key } = await coseKey(entry(value, "key", "map"));
  await requireSigned(sign1(entry(value, "signerBinding", "tag")), key, bstr(endEntity));
  const created = entry(value, "createdAt", "tag");
  const at = Date.parse(created.tag === 0 && typeof created.value === "string" ? created.value : "");
  if (Number.isNaN(at)) throw new BadProof("a session key without its time");
  return {
    kid,
    key,
    first: entry(value, "minSequenceNumber", "number"),
    from: at - FILLED_MS,
    until: at + entry(value, "validityPeriod", "number") * 1000,
  };
}

function superboxes(bytes: Uint8Array, start: number, end: number, depth: number): Superbox[] {
  if (depth > 8) throw new BadProof("boxes that are nested too deep");
  return boxes(bytes, start, end).map((outer) => {
    const [description, inner, ...rest] = boxes(bytes, outer.content, outer.end);
    const right = outer.kind === "jumb" && description?.kind === "jumd" && holds(bytes, description, 12, ISO);
    if (!right || bytes[description.end - 1] !== 0 || !inner || (rest.length > 0 && inner.kind !== "jumb")) {
      throw new BadProof("a box that is none of C2PA's");
    }
    return {
      label: utf8(bytes.subarray(description.content + 17, description.end - 1)),
      kind: utf8(bytes.subarray(description.content, description.content + 4)),
      raw: bytes.subarray(outer.start, outer.end),
      content: inner.kind === "cbor" ? bytes.subarray(inner.content, inner.end) : null,
      children: inner.kind === "jumb" ? superboxes(bytes, inner.start, outer.end, depth + 1) : [],
    };
  });
}

function child(parent: Superbox, label: string, kind: string): Superbox {
  const found = parent.children.filter((one) => one.label === label && one.kind === kind);
  if (found.length !== 1) throw new BadProof(`not one ${label}`);
  return found[0]!;
}

function content(box: Superbox): Uint8Array {
  if (box.content === null) throw new BadProof(`${box.label} holds nothing`);
  return box.content;
}
