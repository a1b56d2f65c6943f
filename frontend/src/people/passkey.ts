/** WebAuthn as JSON, for browsers that can't turn it into JSON themselves. */

/** The hub refuses; its own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    words: string,
  ) {
    super(words);
  }
}

/** Post JSON to the hub; its answer. */
export async function ask(address: string, body: unknown = {}): Promise<unknown> {
  const answer = await fetch(address, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const decoded: unknown = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, (decoded as { error?: string }).error ?? String(answer.status));
  return decoded;
}

export function supported(): boolean {
  return window.isSecureContext && "PublicKeyCredential" in window;
}

interface Described {
  readonly id: string;
  readonly type: PublicKeyCredentialType;
}

type Question = Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> & {
  challenge: string;
  allowCredentials?: readonly Described[];
};

type Order = Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> & {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: readonly Described[];
};

/** Let the reader's device sign the hub's question. */
export async function get(question: unknown): Promise<unknown> {
  const asked = question as Question;
  const found = (await navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: described(asked.allowCredentials) },
  })) as PublicKeyCredential;
  const response = found.response as AuthenticatorAssertionResponse;
  return {
    ...common(found),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : undefined,
    },
  };
}

/** Let the reader's device make a passkey. */
export async function create(order: unknown): Promise<unknown> {
  const asked = order as Order;
  const made = (await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: described(asked.excludeCredentials),
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...common(made),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
    },
  };
}

function common(credential: PublicKeyCredential): Record<string, unknown> {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {} };
}

function described(list: readonly Described[] | undefined): PublicKeyCredentialDescriptor[] {
  return (list ?? []).map(({ id, type }) => ({ id: bytes(id), type }));
}

/** Bytes of base64url. */
export function bytes(encoded: string): Uint8Array<ArrayBuffer> {
  const plain = atob(encoded.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Bytes as base64url without padding. */
export function text(buffer: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
