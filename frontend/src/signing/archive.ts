/**
 * The files that were dropped: a bundle, of which only what is asked for is read, or single files of the evidence.
 *
 * A bundle is a zip (PKWARE APPNOTE 6.3.10), stored or deflated, with or without zip64.
 */

/** The files can't be read; the text says why. */
export class BadArchive extends Error {
  override readonly name = "BadArchive";
}

/** Files of the evidence by their names. */
export type Files = ReadonlyMap<string, () => Promise<Uint8Array<ArrayBuffer>>>;

const LARGEST = 256 << 20;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;

/** What was dropped, as files of the evidence. Later files replace earlier ones of the same name. */
export async function opened(dropped: Iterable<File>): Promise<Files> {
  const found = new Map<string, () => Promise<Uint8Array<ArrayBuffer>>>();
  for (const file of dropped) {
    if (/\.zip$/i.test(file.name)) for (const [name, read] of await zip(file)) found.set(name, read);
    // Of a folder the browser tells the path; its own name comes first.
    else found.set(file.webkitRelativePath.split("/").slice(1).join("/") || file.name, () => bytes(file));
  }
  return found;
}

/** A bundle's files. */
export async function zip(file: Blob): Promise<Files> {
  const found = new Map<string, () => Promise<Uint8Array<ArrayBuffer>>>();
  const { at, size, count } = await directory(file);
  const view = new DataView((await bytes(file.slice(at, at + size))).buffer);
  const text = new TextDecoder();
  let offset = 0;
  for (let number = 0; number < count; number++) {
    if (offset + 46 > view.byteLength || view.getUint32(offset, true) !== CENTRAL) throw new BadArchive("its list of files is damaged");
    const [names, extra, comment] = [28, 30, 32].map((place) => view.getUint16(offset + place, true)) as [number, number, number];
    const name = text.decode(new Uint8Array(view.buffer, offset + 46, names));
    const entry = place(view, offset, offset + 46 + names, extra);
    if (!name.endsWith("/")) found.set(name, () => unpacked(file, name, entry));
    offset += 46 + names + extra + comment;
  }
  return found;
}

interface Entry {
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/** Where a file lies; sizes beyond 4 GiB stand in an extra field. */
function place(view: DataView, offset: number, extraAt: number, extraSize: number): Entry {
  let [packed, size, at] = [20, 24, 42].map((where) => view.getUint32(offset + where, true)) as [number, number, number];
  for (let x = extraAt; x + 4 <= extraAt + extraSize; x += 4 + view.getUint16(x + 2, true)) {
    if (view.getUint16(x, true) !== 1) continue;
    let next = x + 4;
    const long = () => Number(view.getBigUint64((next += 8) - 8, true));
    if (size === FULL_32) size = long();
    if (packed === FULL_32) packed = long();
    if (at === FULL_32) at = long();
  }
  return { method: view.getUint16(offset + 10, true), packed, size, at };
}

async function directory(file: Blob): Promise<{ at: number; size: number; count: number }> {
  const tailAt = Math.max(file.size - 65_557, 0);
  const tail = new DataView((await bytes(file.slice(tailAt))).buffer);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new BadArchive("this is no zip");
  const found = { at: tail.getUint32(end + 16, true), size: tail.getUint32(end + 12, true), count: tail.getUint16(end + 10, true) };
  if (found.at !== FULL_32 && found.size !== FULL_32 && found.count !== FULL_16) return found;
  if (end < 20 || tail.getUint32(end - 20, true) !== LOCATOR_64) return found;
  const where = Number(tail.getBigUint64(end - 12, true));
  const big = new DataView((await bytes(file.slice(where, where + 56))).buffer);
  if (big.byteLength < 56 || big.getUint32(0, true) !== END_64) throw new BadArchive("its end is damaged");
  const long = (at: number) => Number(big.getBigUint64(at, true));
  return { at: long(48), size: long(40), count: long(32) };
}

async function unpacked(file: Blob, name: string, { method, packed, size, at }: Entry): Promise<Uint8Array<ArrayBuffer>> {
  if (size > LARGEST || packed > LARGEST) throw new BadArchive(`${name} is larger than is read here`);
  const head = new DataView((await bytes(file.slice(at, at + 30))).buffer);
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL) throw new BadArchive(`${name} is not where the bundle says`);
  const start = at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const data = file.slice(start, start + packed);
  if (method !== 0 && method !== 8) throw new BadArchive(`${name} is packed in a way that is not used here`);
  const found = method === 0 ? await bytes(data) : await inflated(data, name, size);
  if (found.length !== size) throw new BadArchive(`${name} has not the size that the bundle says`);
  return found;
}

/** At most one byte more than the bundle says is unpacked, whatever is in it. */
async function inflated(data: Blob, name: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(size);
  const reader = data.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > size) throw new BadArchive(`${name} has not the size that the bundle says`);
      out.set(value, filled);
      filled += value.length;
    }
  } catch (error) {
    if (error instanceof BadArchive) throw error;
    throw new BadArchive(`${name} can't be unpacked`);
  }
  return out.subarray(0, filled);
}

async function bytes(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  if (blob.size > LARGEST) throw new BadArchive("a file that is larger than is read here");
  return new Uint8Array(await blob.arrayBuffer());
}
