import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { callWithPicture } from '../../src/mcp/pictures/call.js';
import type { Picture } from '../../src/report/picture/format.js';
import { fillPage } from '../../src/report/picture/page.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { TOOLS } from '../../src/tools/index.js';
import { createEnvironment } from './ask.js';
import { ROOT } from './root.js';

/** The built view, as HTML. */
export function readBuiltView(): Promise<string> {
  return readFile(path.join(ROOT, 'dist', 'view.html'), 'utf8');
}

/** Asks a tool about a directory of profiles or a source and gives the picture of its answer. */
export async function askForPicture(
  asked: string | ProfileSource,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<Picture> {
  const tool = TOOLS.find((each) => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const source = typeof asked === 'string' ? createFilesSource({ directory: asked, uid: 'files' }) : asked;
  const environment = createEnvironment([source]);
  const result = await callWithPicture(tool, args, environment, new AbortController().signal);
  if (!('picture' in result)) throw new Error(result.failure);
  return result.picture;
}

/** The page of a picture, as `report` writes it. */
export async function buildPage(picture: Picture): Promise<string> {
  return fillPage(await readBuiltView(), picture);
}
