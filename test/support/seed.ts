/**
 * The seed of all random tests of a run: of `FC_SEED`, or a new one. It is printed once, before anything
 * runs, so that a failure can be repeated even where a generator throws and fast-check prints no seed of its
 * own.
 */
export function announceSeed(): number {
  const given = process.env.FC_SEED;
  if (given !== undefined && !/^-?\d+$/.test(given)) {
    throw new Error(`FC_SEED is "${given}": it must be a whole number.`);
  }
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  if (given === undefined) console.error(`Random tests: FC_SEED=${seed} repeats this run.`);
  // The processes that run the tests inherit it, and so does a configuration that is read again.
  process.env.FC_SEED = String(seed);
  return seed;
}
