// Loaded into a process by `--import`: names every module that it loads on stderr, as "module URL", and says
// "listed" there when it writes its list of tools.
import { writeSync } from 'node:fs';
import { register } from 'node:module';

const hooks = `
import { writeSync } from 'node:fs';
export function load(url, context, next) {
  writeSync(2, 'module ' + url + '\\n');
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...more) => {
  if (String(text).includes('"tools":[')) writeSync(2, 'listed\n');
  return write(text, ...more);
};
