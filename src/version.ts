import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.js';

/** Name and version as package.json has them. */
export const PACKAGE: { name: string; version: string } = JSON.parse(
  readFileSync(packageFile('package.json'), 'utf8'),
);
