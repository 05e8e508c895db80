/** Between the name of a store and that of a source in it. */
const SEPARATOR = '/';

/** Names of the sources of a store, with and without that of the store. */
export interface StoreNaming {
  /** Puts the name of the store in front. */
  toFull(name: string): string;
  /** Removes it, where it stands in front. */
  toPlain(name: string): string;
  /** Whether a name begins with that of the store; each does where flags configure the store. */
  isFull(name: string): boolean;
}

/**
 * Names the sources of a store; those of a store that flags configure stay as they are.
 * @param store name in the configuration file; null where flags configure the store
 */
export function storeNaming(store: string | null): StoreNaming {
  const start = store === null ? '' : `${store}${SEPARATOR}`;
  const isFull = (name: string) => name.startsWith(start);
  return {
    toFull: (name) => `${start}${name}`,
    toPlain: (name) => (isFull(name) ? name.slice(start.length) : name),
    isFull,
  };
}
