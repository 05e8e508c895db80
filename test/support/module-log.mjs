// Loaded into a process by `--import`: names every module that it loads on stderr, as "module URL".
import { register } from 'node:module';

const hooks = `
import { writeSync } from 'node:fs';
export function load(url, context, next) {
  writeSync(2, 'module ' + url + '\\n');
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
