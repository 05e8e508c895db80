import type { Io } from './environment.js';
export async function demo(_io: Io): Promise<number> {
  return 0;
}
