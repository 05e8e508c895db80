import { readFileSync } from 'node:fs';

/** Name and version as package.json has them. */
export const PACKAGE: { name: string; version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
