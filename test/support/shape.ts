/**
 * Every place in a JSON value with its type: `series[].points[].timestamp: string`. Two answers of the same
 * kind have the same shape whatever they hold, as long as each list has elements of every kind.
 */
export function describeShape(value: unknown, place = ''): string[] {
  const lines = new Set<string>();
  const visit = (part: unknown, at: string): void => {
    if (Array.isArray(part)) {
      lines.add(`${at}: list`);
      for (const element of part) visit(element, `${at}[]`);
    } else if (typeof part === 'object' && part !== null) {
      lines.add(`${at}: object`);
      for (const [name, member] of Object.entries(part)) visit(member, `${at}.${name}`);
    } else {
      lines.add(`${at}: ${part === null ? 'null' : typeof part}`);
    }
  };
  visit(value, place);
  return [...lines].sort();
}
