/** Roots over lists of digests (RFC 6962, 2.1), and how they are written. */

type Bytes = Uint8Array<ArrayBuffer>;

export const sha256 = async (data: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

const prefixed = (prefix: number, ...parts: readonly Bytes[]): Promise<Bytes> =>
  sha256(Uint8Array.from([prefix, ...parts.flatMap((part) => [...part])]));

/** A tree over leaves: the roots of its beginnings cost little once it stands. */
export class Tree {
  private constructor(private readonly levels: readonly (readonly Bytes[])[]) {}

  static async over(leaves: readonly Bytes[]): Promise<Tree> {
    const levels = [await Promise.all(leaves.map((leaf) => prefixed(0, leaf)))];
    for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!) {
      const pairs = Array.from({ length: below.length >> 1 }, (_, at) => prefixed(1, below[2 * at]!, below[2 * at + 1]!));
      levels.push(await Promise.all(pairs));
    }
    return new Tree(levels);
  }

  get size(): number {
    return this.levels[0]!.length;
  }

  /** The root over the first so many leaves, in base64; empty where there are fewer. */
  async root(count: number): Promise<string> {
    if (count > this.size) return "";
    if (count === 0) return base64(await sha256(new Uint8Array()));
    // Complete trees from the right to the left, the smallest first.
    let root: Bytes | null = null;
    for (let level = 0, left = count; left > 0; level++, left >>= 1) {
      if (!(left & 1)) continue;
      const whole = this.levels[level]![left - 1]!;
      root = root ? await prefixed(1, whole, root) : whole;
    }
    return base64(root!);
  }
}

export const base64 = (data: Uint8Array): string => btoa(String.fromCharCode(...data));

export const hex = (data: Uint8Array): string => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const unhex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** A digest as W3C's Subresource Integrity writes it. */
export const sri = async (data: Bytes): Promise<string> => `sha256-${base64(await sha256(data))}`;
