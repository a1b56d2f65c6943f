import { expect, it } from "vitest";
import { Sentences } from "./sentences";

const sentences = new Sentences([
  ["{codec} {size} at {rate}/s, {codec2} sound", "{size} {codec}，每秒 {rate} 帧，{codec2} 声音"],
  ["times by {clock}, as exact as the camera's clock", "时间取自{clock}，与摄像机时钟同样准确"],
  ["its stamps in the picture", "画面内的时间戳"],
  ["{publisher} at {peer} has begun; no picture yet", "{peer} 的 {publisher} 已开始推流，尚无画面"],
  ["the connection broke (really?)", "连接断开"],
]);

it("says a sentence of ours piece by piece, with what stands in its places", () => {
  expect(sentences.say("h264 1280x720 at 25/s, aac sound; times by its stamps in the picture, as exact as the camera's clock")).toBe(
    "1280x720 h264，每秒 25 帧，aac 声音；时间取自画面内的时间戳，与摄像机时钟同样准确",
  );
  expect(sentences.say("OBS at 10.0.0.7 has begun; no picture yet")).toBe("10.0.0.7 的 OBS 已开始推流，尚无画面");
  expect(sentences.say("the connection broke (really?)")).toBe("连接断开");
});

it("leaves what it does not know as the peer said it", () => {
  for (const words of ["", "401 Unauthorized", "Server returned 404; try later."]) {
    expect(sentences.say(words)).toBe(words);
  }
  expect(sentences.say("h264 1280x720 at 25/s, aac sound; something new")).toBe("1280x720 h264，每秒 25 帧，aac 声音；something new");
});
