import nodeModule from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Config } from '../config/read.js';
import { PACKAGE } from '../version.js';

/** Keeps compiled code in a directory (Node from 22.1 on; older ones have no such function). */
type EnableCompileCache = (directory: string) => unknown;

/**
 * Lets Node keep the compiled code of what is loaded from here on for the next start, next to the kept
 * answers. Where nothing is to be kept, or the directory cannot be written, every start compiles its code.
 * The directory is this user's own: code is run from it, and the usual place, in the temporary directory of
 * all users, could be made by another one.
 */
export function keepCompiledCode({ cache }: Pick<Config, 'cache'>, env: NodeJS.ProcessEnv): void {
  const enable: EnableCompileCache | undefined = Reflect.get(nodeModule, 'enableCompileCache');
  if (enable === undefined || cache.directory === 'none') return;
  // The choice of an operator, in Node's own way, stands.
  if (env.NODE_COMPILE_CACHE !== undefined || env.NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const directory =
    cache.directory ?? path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), PACKAGE.name);
  enable(path.join(directory, 'code'));
}
