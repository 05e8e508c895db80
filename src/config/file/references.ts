import { readSettingFileNow, reasonOfSettingFile } from '../../setting-file.js';
import { safeText } from '../../text/sanitise.js';
import type { FileNode, Refuse } from './yaml.js';

/** `$${` stands for `${`. */
const REFERENCE = /\$?\$\{([^}]*)\}?/g;
/** Minimum length of a value that is hidden: a shorter one, such as a port, stands in any sentence. */
const MIN_HIDDEN = 4;
const VARIABLE = /^[A-Za-z_]\w*$/;
export const HOW_TO_REFER = `Write \${NAME}, {env: NAME} or {file: PATH}: a configuration file is copied and committed, so no secret stands in it.`;

/** Text of a setting with its references replaced. */
export interface Resolved {
  text: string;
  /** Whether a part of the text comes from a reference. */
  isReferred: boolean;
}

/** Replaces references to the environment and to files. */
export interface References {
  /** Variables that were referred to. */
  readonly variables: ReadonlySet<string>;
  /** Puts references back in place of their values, which an error must not show. */
  hide(text: string): string;
  /** @param name name of the setting, for errors */
  resolve(node: FileNode, name: string): Resolved;
  /** Path of `{file: PATH}`; null for any other value. */
  readFilePath(node: FileNode, name: string): string | null;
}

/**
 * References of a file. They are replaced in texts that are parsed already, so that no value of a variable
 * can add a key or a store.
 * @param toPath makes a path of the file one that can be opened
 */
export function createReferences(
  env: Readonly<Record<string, string | undefined>>,
  toPath: (path: string) => string,
  refuse: Refuse,
): References {
  const variables = new Set<string>();
  /** References by their values. */
  const values = new Map<string, string>();
  const readVariable = (variable: string, line: number, name: string): string => {
    if (!VARIABLE.test(variable)) {
      return refuse(
        line,
        `${name} refers to ${JSON.stringify(safeText(variable, 60))}, which is no name of a variable.`,
        `Write \${NAME}; for the characters themselves write $\${.`,
      );
    }
    const value = env[variable] ?? '';
    if (value === '') {
      return refuse(
        line,
        `${name} refers to the variable ${variable}, which is not set.`,
        `Set ${variable}, or correct its name.`,
      );
    }
    variables.add(variable);
    values.set(value, `\${${variable}}`);
    return value;
  };
  const replace = (text: string, line: number, name: string): Resolved => {
    let isReferred = false;
    const replaced = text.replace(REFERENCE, (reference: string, variable: string) => {
      if (reference.startsWith('$$')) return reference.slice(1);
      isReferred = true;
      return readVariable(reference.endsWith('}') ? variable : `${variable} …`, line, name);
    });
    return { text: replaced, isReferred };
  };
  const readFile = (path: string, line: number, name: string): string => {
    let content: string;
    try {
      content = readSettingFileNow(toPath(path)).trim();
    } catch (error) {
      return refuse(
        line,
        `${name} refers to a file that cannot be read (${reasonOfSettingFile(error)}).`,
        'Check the path, which counts from the directory of the configuration file, and who may read it.',
      );
    }
    if (content === '') return refuse(line, `${name} refers to a file that is empty.`, 'Fill it.');
    values.set(content, '{file: …}');
    return content;
  };

  return {
    variables,

    hide: (text) =>
      [...values]
        .filter(([value]) => value.length >= MIN_HIDDEN)
        .sort(([a], [b]) => b.length - a.length)
        .reduce(
          (hidden, [value, reference]) =>
            hidden.replaceAll(value, reference).replaceAll(JSON.stringify(value).slice(1, -1), reference),
          text,
        ),

    resolve(node, name) {
      const { line } = node;
      if (node.kind === 'nothing') return refuse(line, `${name} has no value.`, 'Give it one or remove it.');
      if (node.kind === 'text') {
        if (node.text === '') return refuse(line, `${name} is empty.`, 'Give it a value or remove it.');
        return replace(node.text, line, name);
      }
      const [entry, ...others] = node.kind === 'map' ? node.entries : [];
      const [key, value] = entry ?? [];
      if (value?.kind !== 'text' || others.length > 0 || (key !== 'env' && key !== 'file')) {
        return refuse(line, `${name} is not a text.`, `Write a text, \${NAME}, {env: NAME} or {file: PATH}.`);
      }
      const text = key === 'env' ? readVariable(value.text, line, name) : readFile(value.text, line, name);
      return { text, isReferred: true };
    },

    readFilePath(node, name) {
      const value = node.kind === 'map' && node.entries.size === 1 ? node.entries.get('file') : undefined;
      return value?.kind === 'text' ? replace(value.text, node.line, name).text : null;
    },
  };
}
