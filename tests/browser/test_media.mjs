// Files for Chromium's fake camera and microphone, each recognisable in what arrives elsewhere.
import { open, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { barcodeCells, kCells } from './barcode.mjs';

export const kWidth = 640;
export const kHeight = 360;
const kFramesPerSecond = 30;
const kFrames = 60;
const kSampleRate = 48_000;

/** A folder for generated files, outside of the source tree. */
async function mediaFolder() {
  const folder = join(tmpdir(), 'sluice-browser-tests');
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Writes two seconds of a moving picture with the barcode of `sender`; Chromium repeats them. */
export async function cameraFile(sender) {
  const path = join(await mediaFolder(), `camera-${sender}.y4m`);
  const file = await open(path, 'w');
  await file.write(`YUV4MPEG2 W${kWidth} H${kHeight} F${kFramesPerSecond}:1 Ip A1:1 C420jpeg\n`);
  for (let number = 0; number < kFrames; number++) {
    await file.write('FRAME\n');
    await file.write(picture(sender, number));
  }
  await file.close();
  return path;
}

/** A quiet room with a ball that circles once in two seconds; the colour tells the sender. */
function picture(sender, number) {
  const luma = Buffer.alloc(kWidth * kHeight);
  const chroma = kWidth / 2;
  const u = Buffer.alloc(chroma * (kHeight / 2), 128 + Math.round(60 * Math.cos(sender)));
  const v = Buffer.alloc(chroma * (kHeight / 2), 128 + Math.round(60 * Math.sin(sender)));
  const angle = (2 * Math.PI * number) / kFrames;
  const ballX = kWidth / 2 + 150 * Math.cos(angle);
  const ballY = kHeight / 2 + 20 + 80 * Math.sin(angle);
  for (let y = 0; y < kHeight; y++) {
    for (let x = 0; x < kWidth; x++) {
      const inside = (x - ballX) ** 2 + (y - ballY) ** 2 < 40 ** 2;
      luma[y * kWidth + x] = inside ? 220 : 60 + Math.round((60 * y) / kHeight);
    }
  }
  const cells = barcodeCells(sender, number);
  for (let y = 0; y < kHeight / 12; y++) {
    for (let x = 0; x < kWidth; x++) {
      luma[y * kWidth + x] = cells[Math.floor((x * kCells) / kWidth)] ? 235 : 16;
    }
  }
  for (let y = 0; y < kHeight / 24; y++) {
    u.fill(128, y * chroma, (y + 1) * chroma);
    v.fill(128, y * chroma, (y + 1) * chroma);
  }
  return Buffer.concat([luma, u, v]);
}

/** Writes two seconds of a tone (a whole number of periods); Chromium repeats them. */
export async function microphoneFile(hertz) {
  const path = join(await mediaFolder(), `microphone-${hertz}.wav`);
  const samples = Buffer.alloc(2 * 2 * kSampleRate);
  for (let i = 0; i < samples.length / 2; i++) {
    samples.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * hertz * i) / kSampleRate)), 2 * i);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(kSampleRate, 24);
  header.writeUInt32LE(2 * kSampleRate, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  const file = await open(path, 'w');
  await file.write(Buffer.concat([header, samples]));
  await file.close();
  return path;
}
