import type { JsonObject } from '../render.js';

/** Scheme and host of the addresses under which the data of a picture is read. */
export const PICTURE_PREFIX = 'pyroscope://picture/';

/** Address of the picture of a call; the arguments are flat, and sorted by name. */
export function pictureUri(tool: string, args: JsonObject): string {
  const pairs = Object.entries(args)
    .filter(([, value]) => value !== undefined && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(plain(value))}`);
  return `${PICTURE_PREFIX}${tool}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

function plain(value: JsonObject[string]): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
