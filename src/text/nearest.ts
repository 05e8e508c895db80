import leven from 'leven';

/** Maximum number of names offered in place of a wrong one. */
const MAX_OFFERED = 3;
/** Maximum number of characters compared: the cost of a comparison grows with the product of the lengths. */
const MAX_COMPARED = 200;

/**
 * Number of names above which only those with the same first characters are measured: 100,000 names must not
 * take a second.
 */
const MAX_MEASURED = 20_000;
const PREFIX_CHARACTERS = 3;

/**
 * The names most like a wrong one, nearest first: those that contain it, a part of which is like it, or that
 * differ in at most a third of it.
 */
export function findNearest(wrong: string, names: readonly string[]): string[] {
  const plain = (name: string) =>
    name
      .slice(0, 4 * MAX_COMPARED)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, '')
      .slice(0, MAX_COMPARED);
  const wanted = plain(wrong);
  if (wanted === '') return [];
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const distanceTo = (name: string) => leven(wanted, name, { maxDistance: limit + 1 });
  const start = wrong.slice(0, PREFIX_CHARACTERS).toLowerCase();
  const isMeasured = (name: string) =>
    names.length <= MAX_MEASURED || name.slice(0, PREFIX_CHARACTERS).toLowerCase() === start;
  let measured = 0;
  return [...new Set(names)]
    .map((name) => {
      const candidate = plain(name);
      const isContained =
        wanted.length >= 3 &&
        (candidate.includes(wanted) || (candidate.length >= 3 && wanted.includes(candidate)));
      if (isContained) return { name, distance: 0.5 };
      if (!isMeasured(name) || measured++ >= MAX_MEASURED) return { name, distance: limit + 1 };
      const parts = name
        .slice(0, 4 * MAX_COMPARED)
        .split(/[-_./\s]+/)
        .filter((part) => part.length >= 3);
      const distances = parts.map((part) => distanceTo(plain(part)) + 0.5);
      return { name, distance: Math.min(distanceTo(candidate), ...distances) };
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_OFFERED)
    .map(({ name }) => name);
}

/** "Did you mean `service`? " with the name most like a wrong one; '' where none is like it. */
export function didYouMean(wrong: string, names: readonly string[]): string {
  const [closest] = findNearest(wrong, names);
  return closest === undefined ? '' : `Did you mean \`${closest}\`? `;
}
