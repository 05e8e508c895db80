import type { Config } from '../config/read.js';
import { UsageError } from '../errors.js';
import { exportProfile } from '../query/export/export-profile.js';
import type { Log } from '../telemetry/log.js';
import { safeText } from '../text/sanitise.js';
import { formatValue } from '../text/units.js';
import { openCallContext } from './call-context.js';
import { createEnvironment, type Io } from './environment.js';
import { failure } from './finding.js';
import { checkOutputFile, writeOutputFile } from './output-file.js';

/** Name of the output that stands for the standard output. */
const STANDARD_OUTPUT = '-';

/**
 * Writes a merged profile to a file, for other tools.
 *
 * @param write writes to the standard output, byte by byte
 * @returns the exit code: 0 written, 1 where the request failed or the file cannot be written
 * @throws UsageError
 */
export async function exportCommand(
  config: Config,
  log: Log,
  io: Io,
  write: (bytes: Uint8Array) => Promise<void> = writeToStdout,
): Promise<number> {
  const { export: settings } = config;
  if (settings === null) throw new Error('the options of export are not read');
  const { question, output, format, isForPgo, mayReplace } = settings;
  const isPiped = output === STANDARD_OUTPUT;
  if (isPiped && format === 'pprof' && process.stdout.isTTY) {
    throw new UsageError(
      'A pprof file is binary, and the standard output is a terminal.',
      'Name a file: --output FILE.',
    );
  }
  const environment = await createEnvironment(config, log);
  const context = openCallContext(environment, config, io);
  try {
    // Before the store is asked: a name that cannot be written ends the command at once.
    if (!isPiped) await checkOutputFile(output, mayReplace);
    const { bytes, summary, notes } = await exportProfile({ ...question, format, isForPgo }, context);
    io.progress?.(null);
    if (isPiped) await write(bytes);
    else await writeOutputFile(output, bytes, mayReplace);
    const tell = isPiped ? io.err : io.out;
    tell(
      `${isPiped ? '' : `Wrote ${safeText(output, 300)} (${formatValue(bytes.length, 'bytes')}): `}${summary}`,
    );
    for (const note of notes) io.err(`Note: ${note}`);
    return 0;
  } catch (error) {
    io.progress?.(null);
    if (error instanceof UsageError) throw error;
    const { text, fix } = failure(error, context.signal);
    io.err(`${text}\nNext: ${fix}`);
    return 1;
  } finally {
    await environment.context.sources.close();
  }
}

/** Waits until everything is written, since the process may end afterwards. */
function writeToStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error == null ? resolve() : reject(error)));
  });
}
