"""What a guest's browser films and hears, for tests: a picture that says whose it is and when, and a tone."""

from quality_creator.model.clock import Micros

_TAG_BITS = 56

DEVICES = """
({ hertz, tag, every }) => {
  // Microseconds since 1970 with the guest's number above them, as `quality_creator.media.barcode` draws.
  const crc8 = (number) => {
    let crc = 0xff;
    for (let shift = 56n; shift >= 0n; shift -= 8n) {
      crc ^= Number((number >> shift) & 0xffn);
      for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80 ? (crc << 1) ^ 0x2f : crc << 1) & 0xff;
    }
    return BigInt(crc ^ 0xff);
  };
  const draw = (context, number) => {
    const bits = (number << 8n) | crc8(number);
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 20; column++) {
        const guard = column === 0 ? row % 2 === 0 : row % 2 === 1;
        const bit = (bits >> BigInt(71 - row * 18 - (column - 1))) & 1n;
        const white = column === 0 || column === 19 ? guard : bit === 1n;
        context.fillStyle = white ? "white" : "black";
        context.fillRect(column * 16, row * 8, 16, 8);
      }
    }
  };
  const micros = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));

  const picture = async (camera) => {
    const film = document.createElement("video");
    film.muted = true;
    film.srcObject = new MediaStream([camera]);
    await film.play();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 360];
    const context = canvas.getContext("2d", { alpha: false });
    const [track] = canvas.captureStream(0).getVideoTracks();
    setInterval(() => {
      context.drawImage(film, 0, 0, 640, 360);
      draw(context, (BigInt(tag) << 56n) | micros());
      track.requestFrame();
    }, every);
    return track;
  };
  const voice = () => {
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: hertz });
    const gain = new GainNode(context, { gain: 0.1 });
    const out = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(gain).connect(out);
    oscillator.start();
    window.voice = gain.gain;
    return out.stream.getAudioTracks()[0];
  };

  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await ask(constraints);
    for (const track of stream.getTracks()) {
      stream.removeTrack(track);
      stream.addTrack(track.kind === "audio" ? voice() : await picture(track));
    }
    return stream;
  };
}
"""


def devices(hertz: float, tag: int, every_ms: int = 80) -> str:
    """A script for a page before its own: the browser's devices, with a bar code and a tone of -20 dBFS.

    Args:
        hertz: The tone; `voice.value` on the page is how loud it is, 0.1 at first.
        tag: Whose picture it is, 0 to 255.
        every_ms: Between two pictures.
    """
    return f"({DEVICES})({{ hertz: {hertz}, tag: {tag}, every: {every_ms} }})"


def whose(number: int) -> tuple[int, Micros]:
    """The tag in a bar code's number, and when the picture was drawn; cameras have the tag 0."""
    return number >> _TAG_BITS, Micros(number & (1 << _TAG_BITS) - 1)
