import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Labels } from '../src/sources/source.js';
import { createMemorySource } from './evaluation/generator/memory-source.js';
import { asker } from './support/ask.js';
import { computeTime, INCIDENT } from './support/small-service.js';

const MODULE = 'github.com/prometheus/shop';
const QUOTE = `${MODULE}/price.Quote`;
const TOTAL = `${MODULE}/cart.Total`;
const SAMPLE = 10_000_000;

/** A service whose module begins like a known library, built with vendored modules and without paths. */
function shop(labels: Labels) {
  const frame = (name: string, file: string) => ({
    fn: { name, file, startLine: 1, isSymbolised: true },
    line: 3,
  });
  const serve = frame('net/http.(*conn).serve', 'net/http/server.go');
  const quote = frame(QUOTE, `${MODULE}/price/quote.go`);
  const total = frame(TOTAL, `${MODULE}/cart/cart.go`);
  const encode = frame('github.com/klauspost/compress.Encode', 'github.com/klauspost/compress/encode.go');
  return createMemorySource('shop', () =>
    Array.from({ length: 75 }, (_, index) => index - 60).flatMap((minute) =>
      ['a', 'b'].map((pod) => ({
        time: computeTime(minute),
        seconds: 10,
        labels: { service_name: 'shop', pod, ...labels },
        paths: [
          [serve, quote],
          [serve, total],
          [serve, encode],
        ],
        values: new Map([
          [
            'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
            Float64Array.from([minute < 0 ? 20 : 80, 50, 30], (samples) => samples * SAMPLE),
          ],
        ]),
      })),
    ),
  );
}

const summary = z.object({
  application_functions: z.array(z.object({ function: z.string() })),
  notes: z.array(z.string()),
});
const investigation = z.object({
  findings: z.array(z.object({ function: z.string() })),
  notes: z.array(z.string()),
});
const WINDOW = {
  service: 'shop',
  from: new Date(INCIDENT.from).toISOString(),
  to: new Date(INCIDENT.to).toISOString(),
  format: 'json',
};

describe('the labels of the source code integration tell own code', () => {
  test('with service_repository the module is own code', async () => {
    const ask = asker(shop({ service_repository: `https://${MODULE}`, service_git_ref: 'main' }));
    const { application_functions: rows } = summary.parse(
      JSON.parse((await ask('summarize_profile', WINDOW)).text),
    );
    expect(rows.map((row) => row.function)).toEqual([QUOTE, TOTAL]);
    const { findings, notes } = investigation.parse(JSON.parse((await ask('investigate', WINDOW)).text));
    expect(findings.map((finding) => finding.function)).toEqual([QUOTE]);
    expect(notes).toEqual([]);
  });

  test('with service_root_path what lies below the folder is', async () => {
    const ask = asker(shop({ service_root_path: 'shop/price' }));
    const { application_functions: rows } = summary.parse(
      JSON.parse((await ask('summarize_profile', WINDOW)).text),
    );
    expect(rows.map((row) => row.function)).toEqual([QUOTE]);
  });

  test('without them a list of known libraries decides, and the answer calls that a guess', async () => {
    const ask = asker(shop({}));
    const { application_functions: rows } = summary.parse(
      JSON.parse((await ask('summarize_profile', WINDOW)).text),
    );
    expect(rows).toEqual([]);
    const { findings, notes } = investigation.parse(JSON.parse((await ask('investigate', WINDOW)).text));
    expect(findings.map((finding) => finding.function)).toEqual([QUOTE]);
    expect(notes).toEqual([
      `Guess: ${QUOTE} is taken for a library's by its name alone (the profiles hold no path, module or entry point that tells); --own-code PATTERNS settles it.`,
    ]);
  });
});
