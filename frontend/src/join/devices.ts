/** The guest's camera and microphone: asked for, chosen, and gone without. */

import { h } from "../dom";
import { say } from "./words";

/** What of each was got; null where there is none or it was not allowed. */
export interface Devices {
  readonly camera: MediaStreamTrack | null;
  readonly microphone: MediaStreamTrack | null;
}

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

async function ask(constraints: MediaStreamConstraints): Promise<MediaStreamTrack[]> {
  try {
    return (await navigator.mediaDevices.getUserMedia(constraints)).getTracks();
  } catch {
    return []; // there is none, or it was denied, or another program has it: all the same to a guest
  }
}

/** Ask for both at once, so that there is one question; then for each alone. */
export async function both(): Promise<Devices> {
  let tracks = await ask({ video: PICTURE, audio: SOUND });
  if (tracks.length === 0) tracks = [...(await ask({ audio: SOUND })), ...(await ask({ video: PICTURE }))];
  return {
    camera: tracks.find(({ kind }) => kind === "video") ?? null,
    microphone: tracks.find(({ kind }) => kind === "audio") ?? null,
  };
}

export async function camera(id: string): Promise<MediaStreamTrack | null> {
  return id ? ((await ask({ video: { ...PICTURE, deviceId: { exact: id } } }))[0] ?? null) : null;
}

export async function microphone(id: string): Promise<MediaStreamTrack | null> {
  return (await ask({ audio: { ...SOUND, deviceId: { exact: id } } }))[0] ?? null;
}

/** Fill a list with what there is to choose from. */
export async function list(select: HTMLSelectElement, kind: MediaDeviceKind, chosen: MediaStreamTrack | null): Promise<void> {
  const known = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === kind && device.deviceId);
  const here = chosen?.getSettings().deviceId;
  select.replaceChildren(
    ...known.map(({ deviceId, label }, index) =>
      h("option", { value: deviceId, selected: deviceId === here }, label || say("device", { number: index + 1 })),
    ),
    ...(kind === "videoinput" ? [h("option", { value: "", selected: chosen === null }, say("camera-none"))] : []),
  );
  select.disabled = select.options.length === 0;
}
