import { UsageError } from '../../errors.js';
import { findNearest } from '../../text/nearest.js';
import { safeText } from '../../text/sanitise.js';
import { OPTIONS, type Option, type OptionName } from '../options.js';
import { HOW_TO_REFER, type References } from './references.js';
import { listOptions } from './store-keys.js';
import type { FileNode, Refuse } from './yaml.js';

/** Settings of a map of the file, under the names of their options. */
export interface FileSettings {
  /** Value as its flag would have it; null where the file does not give it. */
  text(name: OptionName): string | null;
  /** Names of the options that the file gives. */
  readonly names: ReadonlySet<OptionName>;
  /**
   * Says an error of a reader, which knows flags and variables, in the words of the file.
   * @param isOurs whether the value of an option is that of the file; each is where it is left out
   */
  explain(error: UsageError, isOurs?: (name: OptionName) => boolean): UsageError;
}

export interface SettingsOptions {
  /** Map of the file. */
  node: FileNode;
  /** Keys of the map with the options that they set. */
  keys: ReadonlyMap<string, OptionName>;
  /** Keys that are read elsewhere. */
  otherKeys?: ReadonlySet<string>;
  /** Begin of the names in errors, such as `stores.prod.`. */
  prefix: string;
  /** Name of the file, as it was given. */
  file: string;
  references: References;
  toPath(path: string): string;
  refuse: Refuse;
}

interface Setting {
  text: string;
  line: number;
  name: string;
}

/** Reads the settings of a map by the option table. @throws UsageError that names file, line and key */
export function readSettings(options: SettingsOptions): FileSettings {
  const { node, keys, otherKeys, prefix, references, toPath, refuse } = options;
  if (node.kind !== 'map') {
    return refuse(
      node.line,
      `${prefix.slice(0, -1) || 'the file'} is not a map.`,
      `It has keys such as ${[...keys.keys()].slice(0, 3).join(', ')}.`,
    );
  }
  const settings = new Map<OptionName, Setting>();
  const put = (name: OptionName, setting: Setting) => {
    if (settings.has(name)) refuse(setting.line, `${setting.name} is given twice.`, 'Remove one of them.');
    settings.set(name, setting);
  };
  for (const [key, value] of node.entries) {
    const option = keys.get(key);
    const name = `${prefix}${safeText(key, 60)}`;
    if (option !== undefined) {
      const file = findFileOption(option);
      const path = file === null ? null : references.readFilePath(value, name);
      if (file !== null && path !== null) put(file, { text: toPath(path), line: value.line, name });
      else put(option, { text: readValue(option, value, name, options), line: value.line, name });
    } else if (otherKeys?.has(key) !== true) refuseKey(key, value.line, options);
  }
  const keyNames = new Map([...keys].map(([key, option]) => [option, key]));
  return {
    text: (name) => settings.get(name)?.text ?? null,
    names: new Set(settings.keys()),
    explain: (error, isOurs) => explain(error, { settings, keyNames, isOurs }, options),
  };
}

/** The option that takes a file in place of a secret, and reads it again; null where there is none. */
function findFileOption(name: OptionName): OptionName | null {
  const wanted = `${OPTIONS[name].flag}-file`;
  return listOptions().find(([, { flag }]) => flag === wanted)?.[0] ?? null;
}

function readValue(
  option: OptionName,
  node: FileNode,
  name: string,
  { references, toPath, refuse }: SettingsOptions,
): string {
  const { isRepeatable, isSecret, value: placeholder }: Option = OPTIONS[option];
  const read = (part: FileNode, partName = name) => {
    const { text, isReferred } = references.resolve(part, partName);
    const isPlain = isSecret !== true || isReferred || (placeholder === 'URL' && !text.includes('@'));
    if (!isPlain) refuse(part.line, `${partName} holds the secret itself.`, HOW_TO_REFER);
    return text;
  };
  if (node.kind === 'list' && isRepeatable === true) {
    const texts = node.entries.map((entry) => read(entry));
    const withComma = texts.findIndex((text) => text.includes(','));
    if (withComma >= 0) {
      refuse(
        node.line,
        `entry ${withComma + 1} of ${name} has a comma, which separates entries.`,
        'Write two entries, or a pattern without it.',
      );
    }
    return texts.join(',');
  }
  if (node.kind === 'map' && placeholder === 'JSON' && !isReference(node)) {
    const entries = [...node.entries].map(([key, value]) => [
      key,
      read(value, `${name}.${safeText(key, 60)}`),
    ]);
    return JSON.stringify(Object.fromEntries(entries));
  }
  if (node.kind === 'list') refuse(node.line, `${name} is a list, and takes one value.`, 'Write a text.');
  const text = read(node);
  const isPath = (placeholder === 'DIR' || placeholder === 'FILE') && text !== 'none';
  return isPath ? toPath(text) : text;
}

function isReference({ entries }: Extract<FileNode, { kind: 'map' }>): boolean {
  return entries.size === 1 && (entries.has('env') || entries.has('file'));
}

/** Refuses a key that does not exist, with the nearest that does. */
export function refuseKey(
  key: string,
  line: number,
  {
    keys,
    otherKeys = new Set(),
    prefix,
    refuse,
  }: Pick<SettingsOptions, 'keys' | 'otherKeys' | 'prefix' | 'refuse'>,
): never {
  const all = [...keys.keys(), ...otherKeys];
  const [byVariable] = listOptions().flatMap(([option, { env, flag }]) =>
    env === key || flag === key ? [...keys].filter(([, name]) => name === option).map(([own]) => own) : [],
  );
  const nearest = byVariable ?? findNearest(key, all)[0];
  const isOfCommand = Object.values<Option>(OPTIONS).find(
    ({ flag, command }) => flag === key && command !== undefined,
  );
  return refuse(
    line,
    `there is no key ${JSON.stringify(`${prefix}${safeText(key, 60)}`)}${isOfCommand === undefined ? '' : `; it is a flag of the command ${isOfCommand.command}`}.`,
    nearest === undefined
      ? `There is: ${all.slice(0, 12).join(', ')}${all.length > 12 ? ', … (docs/operate/configuration.md)' : ''}.`
      : `Did you mean "${nearest}"?`,
  );
}

interface Explained {
  settings: ReadonlyMap<OptionName, Setting>;
  keyNames: ReadonlyMap<OptionName, string>;
  isOurs: ((name: OptionName) => boolean) | undefined;
}

/**
 * Readers name flags and variables in their errors. Those that the file gives are named by its keys, and the
 * error begins with the line of the first.
 */
function explain(
  error: UsageError,
  { settings, keyNames, isOurs = () => true }: Explained,
  { file, node, prefix, references }: Pick<SettingsOptions, 'file' | 'node' | 'prefix' | 'references'>,
): UsageError {
  const [message, next] = [references.hide(error.message), references.hide(error.next)];
  const known = [...keyNames]
    .filter(([option]) => isOurs(option))
    .flatMap(([option, key]) => {
      const { flag, env }: Option = OPTIONS[option];
      return [env, `--${flag}`].flatMap((usual) => (usual === null ? [] : [{ usual, key, option }]));
    })
    // The longest first: a name may be the beginning of another.
    .sort((a, b) => b.usual.length - a.usual.length);
  const [first] = known
    .map(({ usual, option }) => ({ at: message.indexOf(usual), setting: settings.get(option) }))
    .filter(({ at, setting }) => at >= 0 && setting !== undefined)
    .sort((a, b) => a.at - b.at);
  if (first === undefined && prefix === '') return new UsageError(message, next);
  const rename = (text: string, start: string) =>
    known.reduce((renamed, { usual, key }) => renamed.replaceAll(usual, `${start}${key}`), text);
  const place = `${file}:${first?.setting?.line ?? node.line}:`;
  const of = first === undefined ? `${prefix.slice(0, -1)}: ` : '';
  return new UsageError(`${place} ${of}${rename(message, prefix)}`, rename(next, ''));
}
