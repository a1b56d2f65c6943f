/**
 * An authority's private key as a file: PKCS#8 in PEM, as `qc register key` makes it and `openssl pkey` reads it.
 *
 * What is made here is always encrypted: PBES2 (RFC 8018) with PBKDF2-HMAC-SHA-256 and AES-256-CBC. A file that
 * was tampered with yields another key, never this one; `public` tells which it is.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** The file is no key that can be used; `passphrase` when all that is wrong may be the passphrase. */
export class BadKey extends Error {
  override readonly name = "BadKey";
  constructor(readonly why: "no-key" | "kind" | "needs-passphrase" | "passphrase") {
    super(why);
  }
}

export interface KeyPair {
  /** Signs, and can't be taken out of the page. */
  readonly private: CryptoKey;
  /** 32 bytes. */
  readonly public: Bytes;
}

export const ROUNDS = 600_000;
const MOST_ROUNDS = 20_000_000;

const PBES2 = "06092a864886f70d01050d";
const PBKDF2 = "06092a864886f70d01050c";
const HMAC_SHA256 = "06082a864886f70d0209";
const AES_256_CBC = "060960864801650304012a";
const ED25519 = "302e020100300506032b657004220420";

/** A new key. It never leaves this page but in the file that `wrapped` makes. */
export async function made(passphrase: string): Promise<{ pair: KeyPair; pem: string }> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const seed = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).slice(-32);
  const pem = await wrapped(seed, passphrase);
  return { pair: await fromSeed(seed), pem };
}

/** A key from its file. Throws BadKey. */
export async function unwrapped(pem: string, passphrase: string): Promise<KeyPair> {
  const found = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END \1?PRIVATE KEY-----/.exec(pem);
  if (!found) throw new BadKey("no-key");
  let data: Bytes;
  try {
    data = Uint8Array.from(atob(found[2]!.replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
  } catch {
    throw new BadKey("no-key");
  }
  if (found[1]) {
    if (!passphrase) throw new BadKey("needs-passphrase");
    data = await decrypted(data, passphrase);
  }
  const head = hexOf(data.slice(0, 16));
  if (data.length !== 48 || head !== ED25519) throw new BadKey(found[1] && head !== ED25519 ? "passphrase" : "kind");
  return fromSeed(data.slice(16));
}

/** The PEM of a key, encrypted. */
export async function wrapped(seed: Bytes, passphrase: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const key = await derived(passphrase, salt, ROUNDS);
  const plain = join(bytesOf(ED25519), seed);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plain));
  const rounds = Uint8Array.of(2, 3, (ROUNDS >> 16) & 255, (ROUNDS >> 8) & 255, ROUNDS & 255);
  const kdf = der(0x30, bytesOf(PBKDF2), der(0x30, der(4, salt), rounds, der(0x30, bytesOf(HMAC_SHA256), Uint8Array.of(5, 0))));
  const cipher = der(0x30, bytesOf(AES_256_CBC), der(4, iv));
  const file = der(0x30, der(0x30, bytesOf(PBES2), der(0x30, kdf, cipher)), der(4, sealed));
  const lines = btoa(String.fromCharCode(...file)).match(/.{1,64}/g)!;
  return ["-----BEGIN ENCRYPTED PRIVATE KEY-----", ...lines, "-----END ENCRYPTED PRIVATE KEY-----", ""].join("\n");
}

async function fromSeed(seed: Bytes): Promise<KeyPair> {
  const pkcs8 = join(bytesOf(ED25519), seed);
  const readable = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", readable);
  const text = atob(x!.replace(/-/g, "+").replace(/_/g, "/"));
  return {
    private: await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
    public: Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
  };
}

async function decrypted(file: Bytes, passphrase: string): Promise<Bytes> {
  const outer = children(single(file, 0x30));
  const [algorithm, sealed] = [outer[0], outer[1]];
  if (!algorithm || sealed?.tag !== 4) throw new BadKey("no-key");
  const [name, schemes] = children(algorithm);
  if (!name || !schemes || !name.is(PBES2)) throw new BadKey("kind");
  const [kdf, cipher] = children(schemes).map(children);
  const [kdfName, kdfSettings] = kdf ?? [];
  const [cipherName, iv] = cipher ?? [];
  if (!kdfName?.is(PBKDF2) || !kdfSettings || !cipherName?.is(AES_256_CBC) || iv?.body.length !== 16) throw new BadKey("kind");
  const [salt, rounds, ...rest] = children(kdfSettings);
  const prf = rest.find(({ tag }) => tag === 0x30);
  if (!salt || rounds?.tag !== 2 || !prf || !children(prf)[0]?.is(HMAC_SHA256)) throw new BadKey("kind");
  const count = rounds.body.reduce((sum, byte) => sum * 256 + byte, 0);
  if (count < 1 || count > MOST_ROUNDS) throw new BadKey("kind");
  try {
    const key = await derived(passphrase, salt.body, count);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: iv.body }, key, sealed.body));
  } catch {
    throw new BadKey("passphrase");
  }
}

async function derived(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const words = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, words, { name: "AES-CBC", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

// --- DER, as much of it as stands in such a file ---

interface Item {
  readonly tag: number;
  readonly body: Bytes;
  is(hexadecimal: string): boolean;
}

function items(data: Bytes): Item[] {
  const found: Item[] = [];
  for (let at = 0; at < data.length; ) {
    const tag = data[at]!;
    let length = data[at + 1] ?? 0;
    let start = at + 2;
    if (length > 0x82) throw new BadKey("no-key");
    if (length > 0x80) {
      const more = length - 0x80;
      length = data.slice(start, start + more).reduce((sum, byte) => sum * 256 + byte, 0);
      start += more;
    }
    if (start + length > data.length) throw new BadKey("no-key");
    const whole = data.slice(at, start + length);
    found.push({ tag, body: data.slice(start, start + length), is: (other) => hexOf(whole) === other });
    at = start + length;
  }
  return found;
}

function single(data: Bytes, tag: number): Item {
  const [one, ...more] = items(data);
  if (one?.tag !== tag || more.length) throw new BadKey("no-key");
  return one;
}

const children = (item: Item): Item[] => items(item.body);

function der(tag: number, ...parts: readonly Bytes[]): Bytes {
  const body = join(...parts);
  const length = body.length < 128 ? [body.length] : [0x81, body.length];
  return join(Uint8Array.from([tag, ...length]), body);
}

const join = (...parts: readonly Bytes[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));
const hexOf = (data: Uint8Array): string => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text: string): Bytes => Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
