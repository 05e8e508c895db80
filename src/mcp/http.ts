import type { Log } from '../log.js';
import type { CallEnvironment } from './call.js';
export async function serveOverHttp(
  _e: CallEnvironment,
  _l: Log,
  _o: { host: string; port: number; hosts: readonly string[]; origins: readonly string[] },
): Promise<{ url: string; close(): Promise<void> }> {
  throw new Error('later');
}
