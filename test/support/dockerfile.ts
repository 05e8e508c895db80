import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './packed.js';

/** A stage of the Dockerfile: the image it begins with by default, and its instructions in order. */
export interface Stage {
  image: string;
  name: string | null;
  instructions: { keyword: string; text: string }[];
}

/** Effect of a COPY; `stage` is null where it copies from the repository. */
export interface Copy {
  stage: string | null;
  sources: string[];
  target: string;
}

/** Reads the Dockerfile, which keeps to one line per instruction. */
export function readStages(): Stage[] {
  const stages: Stage[] = [];
  const defaults = new Map<string, string>();
  for (const line of readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, keyword = '', text = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (keyword === '' || text.endsWith('\\')) throw new Error(`not one instruction on one line: ${line}`);
    if (keyword === 'FROM') {
      const [base = '', , name = null] = text.split(' ');
      const image = base.replace(/\$\{(\w+)\}/, (whole, argument) => defaults.get(argument) ?? whole);
      stages.push({ image, name, instructions: [] });
    } else if (keyword === 'ARG' && stages.length === 0) {
      const [argument = '', value = ''] = text.split('=');
      defaults.set(argument, value);
    } else {
      stages.at(-1)?.instructions.push({ keyword, text });
    }
  }
  return stages;
}

/** The copies of a stage. */
export function listCopies(stage: Stage): Copy[] {
  return stage.instructions
    .filter(({ keyword }) => keyword === 'COPY')
    .map(({ text }) => {
      const words = text.split(' ');
      const from = words.filter((word) => word.startsWith('--from=')).map((word) => word.slice(7));
      const paths = words.filter((word) => !word.startsWith('--'));
      return { stage: from[0] ?? null, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
    });
}
