/** How loud a microphone is, on a bar that people can aim with. */

const QUIETEST = -60;

export class Meter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples = new Float32Array(1024);
  private source: MediaStreamAudioSourceNode | null = null;
  private shown = QUIETEST;

  constructor(
    private readonly host: HTMLElement,
    private readonly bar: HTMLElement,
  ) {
    this.analyser.fftSize = this.samples.length;
    const look = () => {
      this.look();
      requestAnimationFrame(look);
    };
    look();
  }

  /** Listen to a microphone; null for none. */
  listen(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = track ? this.context.createMediaStreamSource(new MediaStream([track])) : null;
    this.source?.connect(this.analyser);
  }

  /** Browsers let sound be looked at only after something was pressed. */
  wake(): void {
    void this.context.resume();
  }

  private look(): void {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    const level = this.source ? 10 * Math.log10(sum / this.samples.length + 1e-10) : QUIETEST;
    this.shown = Math.max(level, this.shown - 1, QUIETEST);
    this.bar.style.setProperty("--level", String(1 - this.shown / QUIETEST));
    this.host.setAttribute("aria-valuenow", String(Math.round(this.shown)));
  }
}
