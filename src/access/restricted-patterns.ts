import type { Learned, PatternBook } from '../patterns/book.js';
import type { QueryPattern } from '../patterns/pattern.js';
import type { Matcher } from '../sources/source.js';

/** The label that names the service in Pyroscope. */
const SERVICE_LABEL = 'service_name';

/** Time that the background may take to read what a caller sees, milliseconds. */
const REFRESH_MS = 10_000;

/** The part of the data that a caller sees. */
export interface SeenData {
  /** Uids of the sources with the names of the services that the caller sees in each. */
  readonly services: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Restricts the patterns of a Grafana, which dashboards of everybody teach, to those that are about what a
 * caller sees. A pattern is shown if it carries all enforced matchers, or if it names one visible service and
 * nothing else; and never if it belongs to another source. Its values of variables are shown only where they
 * are visible services.
 *
 * @param readSeen reads what the caller sees at the moment
 */
export function restrictPatterns(
  book: PatternBook,
  enforced: readonly Matcher[],
  readSeen: (signal: AbortSignal) => Promise<SeenData>,
): PatternBook {
  let seen: SeenData | null = null;
  const refresh = async (signal: AbortSignal): Promise<SeenData> => {
    seen = await readSeen(signal);
    return seen;
  };
  const nothing: SeenData = { services: new Map() };
  const restrict = (learned: Learned, data: SeenData): Learned => ({
    ...learned,
    patterns: learned.patterns.flatMap((pattern) => showPattern(pattern, enforced, data) ?? []),
  });
  return {
    learned() {
      // No call waits for it: the next question knows what is seen.
      if (seen === null) void refresh(AbortSignal.timeout(REFRESH_MS)).catch(() => {});
      return restrict(book.learned(), seen ?? nothing);
    },
    async read(signal, waitMs, onProgress) {
      const [learned, data] = await Promise.all([book.read(signal, waitMs, onProgress), refresh(signal)]);
      return restrict(learned, data);
    },
    close: () => book.close(),
  };
}

/** The pattern as a caller may see it; null where it is hidden. */
function showPattern(
  pattern: QueryPattern,
  enforced: readonly Matcher[],
  { services }: SeenData,
): QueryPattern | null {
  const { sourceUid, matchers } = pattern;
  const visibleServices =
    sourceUid === null
      ? new Set([...services.values()].flatMap((names) => [...names]))
      : services.get(sourceUid);
  if (visibleServices === undefined) return null;
  // A pattern of a source that is seen whole is seen whole.
  if (enforced.length === 0 && sourceUid !== null) return pattern;
  const isService = ({ name, op, value }: Matcher) =>
    name === SERVICE_LABEL && op === '=' && visibleServices.has(value);
  const isEnforced = (matcher: Matcher) => enforced.some((other) => isSame(matcher, other));
  const carriesAll =
    enforced.length > 0 && enforced.every((matcher) => matchers.some((other) => isSame(matcher, other)));
  const isOfService =
    matchers.some(isService) && matchers.every((matcher) => isService(matcher) || isEnforced(matcher));
  if (!carriesAll && !isOfService) return null;
  const isSeen = (label: string, value: string) => label === SERVICE_LABEL && visibleServices.has(value);
  return {
    ...pattern,
    current: Object.fromEntries(
      Object.entries(pattern.current).filter(([name, value]) => isSeen(name, value)),
    ),
    valueNames: pattern.valueNames.filter(({ label, value }) => isSeen(label, value)),
  };
}

function isSame(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.op === b.op && a.value === b.value;
}
