/** One WebRTC connection by WHIP or WHEP: an offer is posted, the answer makes it stand (RFC 9725). */

const GATHER_MS = 400;

/** Why a connection could not be had. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    words: string,
  ) {
    super(words);
  }
}

export class Line {
  private readonly peer: RTCPeerConnection;
  private address = "";
  private closed = false;
  /** The connection's name with the hub; empty before it has answered. */
  session = "";

  private constructor(servers: RTCIceServer[]) {
    this.peer = new RTCPeerConnection({ iceServers: servers, bundlePolicy: "max-bundle" });
  }

  /** Open one. `resume` names the connection that it goes on from; null takes the place of any. */
  static async open(
    endpoint: string,
    servers: RTCIceServer[],
    prepare: (peer: RTCPeerConnection) => void,
    resume: string | null,
  ): Promise<Line> {
    const line = new Line(servers);
    try {
      await line.begin(endpoint, prepare, resume);
      return line;
    } catch (error) {
      line.close();
      throw error;
    }
  }

  /** Whether it can't be used any more, as far as this end knows. */
  get broken(): boolean {
    return this.closed || ["failed", "closed"].includes(this.peer.connectionState);
  }

  get connected(): boolean {
    return this.peer.connectionState === "connected";
  }

  sender(kind: "audio" | "video"): RTCRtpSender | null {
    return this.peer.getTransceivers().find(({ receiver, sender }) => (sender.track?.kind ?? receiver.track.kind) === kind)?.sender ?? null;
  }

  /** Send a picture of at most so many lines and bits a second. */
  async limit(lines: number, bits: number): Promise<void> {
    const sender = this.sender("video");
    const height = sender?.track?.getSettings().height;
    if (!sender || !height) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) {
      encoding.scaleResolutionDownBy = Math.max(1, height / lines);
      encoding.maxBitrate = bits;
    }
    await sender.setParameters(parameters).catch(() => undefined); // it closed meanwhile
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.peer.close();
    if (this.address) void fetch(this.address, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }

  private async begin(endpoint: string, prepare: (peer: RTCPeerConnection) => void, resume: string | null): Promise<void> {
    const { peer } = this;
    prepare(peer);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const query = resume === null ? "" : `?resume=${encodeURIComponent(resume)}`;
    const answer = await fetch(endpoint + query, {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: peer.localDescription!.sdp,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, text);
    this.address = answer.headers.get("location") ?? "";
    this.session = this.address.slice(this.address.lastIndexOf("/") + 1);
    if (this.closed) return;
    peer.addEventListener("icecandidate", ({ candidate }) => void this.trickle(candidate));
    await peer.setRemoteDescription({ type: "answer", sdp: text });
  }

  private async trickle(candidate: RTCIceCandidate | null): Promise<void> {
    const username = /^a=ice-ufrag:(\S+)/m.exec(this.peer.localDescription?.sdp ?? "")?.[1] ?? "";
    const lines = [`a=ice-ufrag:${username}`, `a=mid:${candidate?.sdpMid ?? "0"}`];
    lines.push(candidate?.candidate ? `a=${candidate.candidate}` : "a=end-of-candidates");
    await fetch(this.address, {
      method: "PATCH",
      headers: { "content-type": "application/trickle-ice-sdpfrag" },
      body: `${lines.join("\r\n")}\r\n`,
    }).catch(() => undefined); // the connection itself will tell
  }
}

/** Wait for our own addresses, but not for slow servers: those are sent on later. */
async function gathered(peer: RTCPeerConnection): Promise<void> {
  await new Promise<void>((done) => {
    const look = () => peer.iceGatheringState === "complete" && done();
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(done, GATHER_MS);
    look();
  });
}
