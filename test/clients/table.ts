import {
  type ClientProgram,
  FEATURES,
  type Feature,
  NO_API,
  TRANSPORTS,
  type Transport,
  whyLacking,
} from './clients.js';

export type Outcome = 'yes' | 'NO' | 'skipped';

/** Outcomes by client, transport and feature as a table for people; a dash is explained below it. */
export function outcomeTable(
  clients: readonly ClientProgram[],
  outcomes: ReadonlyMap<string, Outcome>,
): string {
  const rows = clients.flatMap((client) =>
    TRANSPORTS.map((transport) => [
      `${client.name} ${client.version}`,
      transport,
      ...FEATURES.map((feature) =>
        whyLacking(client, transport, feature) === undefined
          ? (outcomes.get(outcomeKey(client, transport, feature)) ?? 'skipped')
          : '-',
      ),
    ]),
  );
  const head = ['client', 'transport', ...FEATURES];
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '),
  );
  const reasons = clients.flatMap(({ name, lacks }) =>
    Object.entries(lacks)
      .filter(([, reason]) => reason !== NO_API)
      .map(([feature, reason]) => `- ${name}, ${feature}: ${reason}`),
  );
  return [...lines, `-: ${NO_API}, or as follows`, ...reasons].join('\n');
}

export function outcomeKey({ name }: ClientProgram, transport: Transport, feature: Feature): string {
  return `${name} ${transport} ${feature}`;
}
