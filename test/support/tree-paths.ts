/**
 * Reads a tree as Pyroscope encodes it: one line per node, its path and its own value, sorted.
 * @throws RangeError when the bytes end too early
 */
export function treePaths(bytes: Uint8Array): string[] {
  let at = 0;
  const uvarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the tree is cut short');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const lines: string[] = [];
  const open: { path: string; children: number }[] = [{ path: '', children: bytes.length > 0 ? 1 : 0 }];
  for (let parent = open.at(-1); parent !== undefined; parent = open.at(-1)) {
    if (parent.children-- === 0) {
      open.pop();
      continue;
    }
    const length = uvarint();
    const name = Buffer.from(bytes.subarray(at, at + length)).toString();
    at += length;
    const path = `${parent.path};${name}`;
    lines.push(`${path} ${uvarint()}`);
    open.push({ path, children: uvarint() });
  }
  return lines.sort();
}
