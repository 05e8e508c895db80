import { EXPORT_FORMATS } from '../profile/export/exported.js';
import type { Option } from './options.js';

/** The options of the command `export`. */
export const EXPORT_OPTIONS = {
  exportOutput: {
    command: 'export',
    flag: 'output',
    env: null,
    value: 'FILE',
    help: 'file to write; its ending tells the format (.pb.gz, .collapsed, .json); - for the standard output',
  },
  exportFormat: {
    command: 'export',
    flag: 'format',
    env: null,
    value: EXPORT_FORMATS.join('|'),
    help: 'format, where the ending does not tell it',
  },
  exportPgo: {
    command: 'export',
    flag: 'pgo',
    env: null,
    value: null,
    help: 'write a CPU profile that `go build -pgo` takes, and refuse one that it would not',
  },
  exportForce: {
    command: 'export',
    flag: 'force',
    env: null,
    value: null,
    help: 'replace a file that exists',
  },
  exportSource: {
    command: 'export',
    flag: 'source',
    env: null,
    value: 'NAME',
    help: 'name or uid of the data source, where several are enabled',
  },
  exportService: {
    command: 'export',
    flag: 'service',
    env: null,
    value: 'NAME',
    help: 'exact service_name',
  },
  exportType: {
    command: 'export',
    flag: 'profile-type',
    env: null,
    value: 'TYPE',
    help: 'cpu, alloc, inuse, … or a full type id; without it as in summarize_profile',
  },
  exportSelector: {
    command: 'export',
    flag: 'selector',
    env: null,
    value: 'MATCHERS',
    help: 'further label matchers, such as \'{env="prod"}\'',
  },
  exportUrl: {
    command: 'export',
    flag: 'url',
    env: null,
    value: 'LINK',
    help: 'link to a page of Grafana or Pyroscope, from which the others are taken',
  },
  exportSpan: {
    command: 'export',
    flag: 'span-id',
    env: null,
    value: 'IDS',
    help: 'only samples of these spans: 16 hexadecimal digits, several by commas',
  },
  exportTrace: {
    command: 'export',
    flag: 'trace-id',
    env: null,
    value: 'IDS',
    help: 'only samples of these traces: 32 hexadecimal digits, several by commas',
  },
  exportProfile: {
    command: 'export',
    flag: 'profile-id',
    env: null,
    value: 'IDS',
    help: 'only these profiles: UUIDs, several by commas',
  },
  exportFrom: {
    command: 'export',
    flag: 'from',
    env: null,
    value: 'TIME',
    help: 'when the window begins: RFC 3339 with a zone, epoch milliseconds, or now-1h; without it the last hour with data',
  },
  exportTo: {
    command: 'export',
    flag: 'to',
    env: null,
    value: 'TIME',
    help: 'when it ends',
  },
} as const satisfies Record<string, Option>;
