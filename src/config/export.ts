import { UsageError } from '../errors.js';
import { EXPORT_FORMATS, type ExportFormat } from '../profile/export/exported.js';
import type { OptionName } from './options.js';

/** The options of `export` as they were given, checked as far as they go without a source. */
export interface ExportSettings {
  /** Arguments of the question, by the names that the tools use. */
  question: Readonly<Record<string, string>>;
  /** Path of the file; `-` for the standard output. */
  output: string;
  format: ExportFormat;
  isForPgo: boolean;
  /** Whether a file that exists is replaced. */
  mayReplace: boolean;
}

/** The option of each argument of the question. */
const QUESTION = {
  source: 'exportSource',
  service: 'exportService',
  profile_type: 'exportType',
  selector: 'exportSelector',
  url: 'exportUrl',
  span_id: 'exportSpan',
  trace_id: 'exportTrace',
  profile_id: 'exportProfile',
  from: 'exportFrom',
  to: 'exportTo',
} as const satisfies Readonly<Record<string, OptionName>>;

/** Endings of files and the format that they mean. */
const ENDINGS: readonly (readonly [RegExp, ExportFormat])[] = [
  [/\.(?:pb|pb\.gz|pprof|pprof\.gz|prof|pgo)$/i, 'pprof'],
  [/\.json$/i, 'speedscope'],
  [/\.(?:collapsed|folded|txt)$/i, 'collapsed'],
];

/**
 * Reads the options of the command `export`.
 * @throws UsageError
 */
export function readExport(
  text: (name: OptionName) => string | null,
  isSet: (name: OptionName) => boolean,
): ExportSettings {
  const output = text('exportOutput');
  if (output === null) {
    throw new UsageError(
      'export needs --output.',
      'Name the file: --output profile.pb.gz, or --output - for the standard output.',
    );
  }
  const isForPgo = isSet('exportPgo');
  const format = readFormat(text('exportFormat'), output, isForPgo);
  if (isForPgo && format !== 'pprof') {
    throw new UsageError(
      `--pgo writes pprof, not ${format}.`,
      'Leave --format out, and name the file default.pgo: `go build` finds it in the folder of package main.',
    );
  }
  const question = Object.entries(QUESTION).flatMap(([argument, name]) => {
    const value = text(name);
    return value === null ? [] : [[argument, value] as const];
  });
  return {
    question: Object.fromEntries(question),
    output,
    format,
    isForPgo,
    mayReplace: isSet('exportForce'),
  };
}

function readFormat(given: string | null, output: string, isForPgo: boolean): ExportFormat {
  const named = EXPORT_FORMATS.find((format) => format === given);
  if (given !== null && named === undefined) {
    throw new UsageError(
      `--format ${JSON.stringify(given)} is not valid.`,
      `Use one of: ${EXPORT_FORMATS.join(', ')}.`,
    );
  }
  const byEnding = ENDINGS.find(([ending]) => ending.test(output))?.[1];
  const format = named ?? byEnding ?? (isForPgo ? 'pprof' : undefined);
  if (format !== undefined) return format;
  throw new UsageError(
    `The name ${JSON.stringify(output.slice(-100))} does not say which format is wanted.`,
    `Give --format (${EXPORT_FORMATS.join(', ')}), or a name that ends in .pb.gz, .collapsed or .json.`,
  );
}
