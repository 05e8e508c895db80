/** A sample of the text format: name with its labels as one text, in the order of the labels' names. */
export function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const sorted = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      .map(([, key, text]) => `${key}=${text}`)
      .sort();
    samples.set(`${name}${sorted.length === 0 ? '' : ` ${sorted.join(' ')}`}`, Number(value));
  }
  return samples;
}

/** The samples of one metric that are not zero, by their labels. */
export function readSamples(text: string, name: string): Record<string, number> {
  return Object.fromEntries(
    [...parseMetrics(text)]
      .filter(([key, value]) => (key === name || key.startsWith(`${name} `)) && value !== 0)
      .map(([key, value]) => [key.slice(name.length + 1), value]),
  );
}
