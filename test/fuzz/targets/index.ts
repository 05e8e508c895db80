import type { Target } from '../target.js';
import { ARGUMENTS } from './arguments.js';
import { CONFIG } from './config.js';
import { FILES } from './files.js';
import { FORMATS } from './formats.js';
import { GRAFANA } from './grafana.js';
import { KEPT } from './kept.js';
import { NUMBERS } from './numbers.js';
import { PPROF } from './pprof.js';
import { PYROSCOPE } from './pyroscope.js';
import { REDUCED } from './reduced.js';
import { TEXTS } from './texts.js';
import { TRANSPORTS } from './transports.js';

/** Everything that reads what others wrote. The test and the script go through this one table. */
export const TARGETS: readonly Target[] = [
  ...PPROF,
  ...FORMATS,
  ...PYROSCOPE,
  ...REDUCED,
  ...KEPT,
  ...GRAFANA,
  ...FILES,
  ...ARGUMENTS,
  ...NUMBERS,
  ...TEXTS,
  ...CONFIG,
  ...TRANSPORTS,
];
