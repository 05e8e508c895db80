import { OPTIONS, type Option, type OptionName, type StoreKind } from '../options.js';

/** The options of the table that no single command owns. */
export function listOptions(): [OptionName, Option][] {
  // The keys of the table are the names by definition; Object.entries only knows that they are texts.
  return (Object.entries(OPTIONS) as [OptionName, Option][]).filter(
    ([, { command }]) => command === undefined,
  );
}

interface StoreKeys {
  /** Key with the address or directory, which tells the kind. */
  address: string;
  keys: ReadonlyMap<string, OptionName>;
}

/** Keys of each kind of store: the flags without the name of their kind. */
export const STORE_KEYS: ReadonlyMap<StoreKind, StoreKeys> = new Map(
  (
    [
      ['grafana', 'grafana'],
      ['pyroscope', 'pyroscope'],
      ['files', 'profiles'],
    ] as const
  ).map(([kind, address]) => {
    const toKey = ({ flag }: Option) => (flag === `${kind}-url` ? kind : flag.replace(`${kind}-`, ''));
    const own = listOptions().filter(([, { store }]) => store === kind);
    return [kind, { address, keys: new Map(own.map(([name, option]) => [toKey(option), name])) }];
  }),
);

/**
 * Says a text about the settings of a store, which names the variables of a single one, in the words of the
 * file.
 */
export function nameStoreKeys(text: string, store: string, kind: StoreKind): string {
  const names = [...(STORE_KEYS.get(kind)?.keys ?? [])].flatMap(([key, option]) => {
    const { env }: Option = OPTIONS[option];
    return env === null ? [] : [[env, key] as const];
  });
  // The longest first: a name may be the beginning of another.
  return names
    .sort(([a], [b]) => b.length - a.length)
    .reduce((renamed, [env, key]) => renamed.replaceAll(env, `stores.${store}.${key}`), text);
}
