import type { Config } from '../config.js';
import type { Io } from './environment.js';
export async function doctor(_config: Config, _io: Io): Promise<number> {
  return 0;
}
