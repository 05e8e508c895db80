import path from 'node:path';
import { UsageError } from '../../errors.js';
import { readSettingFileNow, reasonOfSettingFile } from '../../setting-file.js';
import { safeText } from '../../text/sanitise.js';
import type { StoreKind } from '../options.js';
import { createReferences } from './references.js';
import { type FileSettings, readSettings, refuseKey, type SettingsOptions } from './settings.js';
import { listOptions, STORE_KEYS } from './store-keys.js';
import { type FileNode, parseYaml, type Refuse } from './yaml.js';

/** Maximum number of stores: each is asked for its sources, and has connections of its own. */
const MAX_STORES = 50;
/** A name begins the names of sources, up to the first slash, and stands in commands. */
const STORE_NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;
const STORES = 'stores';

/** A store of the file with its settings, under the names of the flags that configure a single one. */
export interface FileStore extends FileSettings {
  readonly name: string;
  readonly kind: StoreKind;
}

/** A configuration file, checked by the option table. */
export interface ConfigFile extends FileSettings {
  /** Stores in the order of the file; null where it names none. */
  readonly stores: readonly FileStore[] | null;
  /** refuses a setting of a single store next to the stores of the file. */
  refuseSingle(given: string): UsageError;
  /** Variables that the file refers to. */
  readonly variables: ReadonlySet<string>;
}

/** Reads a configuration file. @throws UsageError that names file, line, key and the next step */
export function readConfigFile(file: string, env: Readonly<Record<string, string | undefined>>): ConfigFile {
  let text: string;
  try {
    text = readSettingFileNow(file);
  } catch (error) {
    throw new UsageError(
      `--config ${JSON.stringify(safeText(file, 200))} cannot be read (${reasonOfSettingFile(error)}).`,
      'Check the path and who may read the file.',
    );
  }
  return parseConfigFile(text, file, env);
}

/** @throws UsageError */
export function parseConfigFile(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): ConfigFile {
  const shownFile = safeText(file, 200);
  const refuse: Refuse = (line, message, next) => {
    throw new UsageError(`${shownFile}:${line}: ${message}`, next);
  };
  const root = parseYaml(text, refuse);
  if (root.kind === 'nothing') {
    return refuse(
      1,
      'it holds no settings.',
      `Name some, such as ${STORES}: docs/operate/configuration.md has an example.`,
    );
  }
  const toPath = (written: string) => path.resolve(path.dirname(file), written);
  const references = createReferences(env, toPath, refuse);
  const shared = { file: shownFile, references, toPath, refuse };
  const keys = new Map(
    listOptions()
      .filter(([name, option]) => option.env !== null && name !== 'config')
      .map(([name, { flag }]) => [flag, name]),
  );
  const settings = readSettings({ ...shared, node: root, keys, otherKeys: new Set([STORES]), prefix: '' });
  const node = root.kind === 'map' ? root.entries.get(STORES) : undefined;
  const stores = node === undefined ? null : readStores(node, shared);
  const single = listOptions().find(([name, { store }]) => store !== undefined && settings.names.has(name));
  const refuseSingle = (given: string) =>
    new UsageError(
      `${given} configures a single store, and ${shownFile} names its stores (${(stores ?? []).map(({ name }) => name).join(', ')}).`,
      `Make it a setting of a store of the file, or leave one of the two out. A variable may stay where the file refers to it.`,
    );
  if (stores !== null && single !== undefined) throw refuseSingle(`The key ${single[1].flag}`);
  return { ...settings, stores, refuseSingle, variables: references.variables };
}

function readStores(
  node: FileNode,
  shared: Pick<SettingsOptions, 'file' | 'references' | 'toPath' | 'refuse'>,
): FileStore[] {
  const { refuse } = shared;
  if (node.kind !== 'map' || node.entries.size === 0) {
    return refuse(
      node.line,
      `${STORES} is not a map of names to stores.`,
      'Example: {prod: {grafana: "https://grafana.example.com", token: {env: GRAFANA_TOKEN}}}',
    );
  }
  if (node.entries.size > MAX_STORES) {
    refuse(node.line, `there are ${node.entries.size} stores, over ${MAX_STORES}.`, 'Start a second server.');
  }
  const seen = new Map<string, string>();
  return [...node.entries].map(([name, store]) => {
    if (!STORE_NAME.test(name)) {
      refuse(
        store.line,
        `${JSON.stringify(safeText(name, 60))} cannot be the name of a store.`,
        'Use letters, digits, dots, dashes and underscores, up to 63 of them, a letter or digit first.',
      );
    }
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      refuse(store.line, `the stores ${other} and ${name} differ in case only.`, 'Rename one.');
    seen.set(name.toLowerCase(), name);
    return readStore(name, store, shared);
  });
}

function readStore(
  name: string,
  node: FileNode,
  shared: Pick<SettingsOptions, 'file' | 'references' | 'toPath' | 'refuse'>,
): FileStore {
  const { refuse } = shared;
  const prefix = `${STORES}.${name}.`;
  const written = node.kind === 'map' ? node.entries : new Map<string, FileNode>();
  const kinds = [...STORE_KEYS].filter(([, { address }]) => written.has(address));
  const [kind, ...others] = kinds;
  if (kind === undefined || others.length > 0) {
    const addresses = [...STORE_KEYS.values()].map(({ address }) => address);
    const keys = new Map([...STORE_KEYS.values()].flatMap((each) => [...each.keys]));
    for (const [key, { line }] of written) if (!keys.has(key)) refuseKey(key, line, { keys, prefix, refuse });
    return refuse(
      node.line,
      `${STORES}.${name} says ${kind === undefined ? 'nowhere' : 'twice'} where its profiles are.`,
      `Give it exactly one of: ${addresses.join(', ')}.`,
    );
  }
  const [kindName, { keys }] = kind;
  return { ...readSettings({ ...shared, node, keys, prefix }), name, kind: kindName };
}
