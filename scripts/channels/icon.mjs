import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIZE = 512;
/** Background, unchanged frame, changed frame. */
const COLOURS = ['#1b1f2a', '#8f98ab', '#ff8a1f'];
/** Frames of a small flame graph as `[x, y, width, height, colour]`, drawn over the background. */
const FRAMES = [
  [56, 80, 400, 72, 1],
  [56, 168, 284, 72, 1],
  [356, 168, 100, 72, 1],
  [56, 256, 96, 72, 1],
  [168, 256, 172, 72, 2],
  [168, 344, 172, 72, 2],
];

/** Draws the icon: a flame graph in which one path has changed. */
export function iconSvg() {
  const frames = FRAMES.map(
    ([x, y, width, height, colour]) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${COLOURS[colour]}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="pyroscope-mcp"><rect width="${SIZE}" height="${SIZE}" rx="96" fill="${COLOURS[0]}"/>${frames.join('')}</svg>\n`;
}

/** Rows of the picture: a filter byte, then one byte per pixel, which is a colour of the palette. */
function drawRows() {
  const rows = Buffer.alloc(SIZE * (SIZE + 1));
  for (const [x, y, width, height, colour] of FRAMES) {
    for (let row = y; row < y + height; row++) {
      rows.fill(colour, row * (SIZE + 1) + 1 + x, row * (SIZE + 1) + 1 + x + width);
    }
  }
  return rows;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Draws the same icon as PNG, with square corners: hosts cut them as they like. */
export function iconPng() {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIZE, 0);
  header.writeUInt32BE(SIZE, 4);
  // Eight bits per pixel, colours from a palette.
  header.set([8, 3, 0, 0, 0], 8);
  const palette = Buffer.from(COLOURS.map((colour) => colour.slice(1)).join(''), 'hex');
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(drawRows(), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Whether a file is the icon, however its pixels are compressed: that differs between versions of zlib. */
export function isIcon(png) {
  const at = png.indexOf('IDAT', 0, 'latin1');
  if (at < 4) return false;
  try {
    return inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4))).equals(drawRows());
  } catch {
    return false;
  }
}

/** Draws a button with a caption, as GitHub shows it in a page. */
export function buttonSvg(caption) {
  const width = 24 + caption.length * 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="28" role="img" aria-label="${caption}"><rect width="${width}" height="28" rx="5" fill="${COLOURS[0]}"/><rect y="23" width="${width}" height="5" rx="2" fill="${COLOURS[2]}"/><text x="${width / 2}" y="17" fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="12" text-anchor="middle">${caption}</text></svg>\n`;
}
