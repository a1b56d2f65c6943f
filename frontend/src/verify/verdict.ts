/** The words of the check: what can be said of a segment, and who signed it. */

/** What is to be checked is not what it should be. */
export class BadProof extends Error {}

export type State =
  /** The bytes are those that were signed, in their place. */
  | "valid"
  /** Changed since they were signed, or signed with a key that nobody vouches for. */
  | "altered"
  /** Rightly signed, but it stood at another place already. */
  | "replayed"
  /** Rightly signed, but not at its own place. */
  | "reordered"
  /** There is no signature in it. */
  | "unsigned"
  /** Here it can't be checked, or not all of it came. */
  | "unverified"
  /** Its end is still to come. */
  | "pending";

/** Who signed, as the certificates have it. Whether that is true is the authority's word. */
export interface Signer {
  readonly name: string;
  readonly organization: string;
  readonly authority: string;
  /** The authority says of itself that its user made it. */
  readonly test: boolean;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A manifest, as far as people are told of it. */
export interface Source {
  readonly urn: string;
  readonly signer: Signer;
  /** The digest of the authority's certificate, or of the highest one that is there. */
  readonly anchor: string;
  /** Since when its session key is used; milliseconds since 1970. */
  readonly since: number;
}

export interface Verdict {
  readonly msn: number;
  readonly state: State;
  /** As signed; null where nothing that is rightly signed says it. */
  readonly sequence: number | null;
  readonly reason: string;
  readonly source: Source | null;
  /** Milliseconds that checking took. */
  readonly took: number;
}
