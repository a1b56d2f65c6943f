/**
 * Reads the 64-bit number that is drawn into the picture (`quality_creator.media.barcode` draws it and
 * describes it), so that a page can tell which frame is on screen.
 *
 * The strip is a grid of 20 by 4 cells, row by row from the top left. The outer columns are guards (left:
 * white, black, white, black; right: the opposite). The 18 inner columns carry 72 bits, the highest first:
 * the number, then its CRC-8/AUTOSAR.
 */

export const COLUMNS = 20;
export const ROWS = 4;

/** Between the guards' black and white; less is a dissolve, a shadow, or no strip. */
const LEAST_CONTRAST = 60;
/** A cell nearer to the middle than this share of the contrast is not read. */
const DOUBT = 0.1;
/** Where a cell is sampled each way, in cells: away from its edges, which bleed when scaled. */
const SPOTS = [0.3, 0.4, 0.5, 0.6, 0.7];

const LEFT = [true, false, true, false];

/** What `CanvasRenderingContext2D.getImageData` gives: RGBA, row by row. */
export interface Picture {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

/** Where the grid stands, in the picture's pixels; fractions are allowed. */
export interface Strip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The usual place: the top left corner, half of the picture's width, cells twice as wide as high. */
export function usualStrip(width: number, height: number): Strip {
  const cell = Math.floor(width / (2 * COLUMNS));
  const cellHeight = Math.max(Math.floor(cell / 2), 1);
  if (cell < 4 || cellHeight * ROWS > height) {
    throw new RangeError(`a picture of ${width}x${height} is too small for a strip`);
  }
  return { x: 0, y: 0, width: cell * COLUMNS, height: cellHeight * ROWS };
}

/** Where the strip is after its picture of `source` size was scaled into `tile`. */
export function stripThrough(
  strip: Strip,
  source: { readonly width: number; readonly height: number },
  tile: Strip,
): Strip {
  const across = tile.width / source.width;
  const down = tile.height / source.height;
  return {
    x: tile.x + strip.x * across,
    y: tile.y + strip.y * down,
    width: strip.width * across,
    height: strip.height * down,
  };
}

/** The number in a picture, or null where there is no strip that can be read without doubt. */
export function readBarcode(
  picture: Picture,
  strip: Strip = usualStrip(picture.width, picture.height),
): bigint | null {
  const levels = cellLevels(picture, strip);
  if (levels === null) return null;
  const white: number[] = [];
  const black: number[] = [];
  LEFT.forEach((isWhite, row) => {
    (isWhite ? white : black).push(levels[row * COLUMNS]!);
    (isWhite ? black : white).push(levels[row * COLUMNS + COLUMNS - 1]!);
  });
  if (Math.min(...white) - Math.max(...black) < LEAST_CONTRAST) return null;
  const low = mean(black);
  const contrast = mean(white) - low;

  let bits = 0n;
  for (let row = 0; row < ROWS; row++) {
    for (let column = 1; column < COLUMNS - 1; column++) {
      const share = (levels[row * COLUMNS + column]! - low) / contrast - 0.5;
      if (Math.abs(share) < DOUBT) return null;
      bits = (bits << 1n) | (share > 0 ? 1n : 0n);
    }
  }
  const number = bits >> 8n;
  return crc8(number) === Number(bits & 0xffn) ? number : null;
}

/** The mean luma (BT.601) of each cell's middle, row by row, or null when the strip leaves the picture. */
function cellLevels(picture: Picture, strip: Strip): number[] | null {
  const levels: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      let sum = 0;
      for (const down of SPOTS) {
        const y = Math.floor(strip.y + ((row + down) * strip.height) / ROWS);
        if (y < 0 || y >= picture.height) return null;
        for (const across of SPOTS) {
          const x = Math.floor(strip.x + ((column + across) * strip.width) / COLUMNS);
          if (x < 0 || x >= picture.width) return null;
          const at = (y * picture.width + x) * 4;
          sum += 0.299 * picture.data[at]! + 0.587 * picture.data[at + 1]! + 0.114 * picture.data[at + 2]!;
        }
      }
      levels.push(sum / SPOTS.length ** 2);
    }
  }
  return levels;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** CRC-8/AUTOSAR of the number's eight bytes, the highest first. */
function crc8(number: bigint): number {
  let crc = 0xff;
  for (let shift = 56n; shift >= 0n; shift -= 8n) {
    crc ^= Number((number >> shift) & 0xffn);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80 ? (crc << 1) ^ 0x2f : crc << 1) & 0xff;
  }
  return crc ^ 0xff;
}
