/**
 * The one written normaliser under which findings from two kinds of source are equal: Pyroscope strips Go type
 * parameters (`pbkdf2.Key[go.shape…]` becomes `pbkdf2.Key`), and the JVM gives lambda and proxy classes an address.
 */
export function normaliseName(name: string): string {
  return stripTypeParameters(name)
    .replace(/\$\$Lambda[$/.0-9a-zA-Zx]*/, '$$$$Lambda')
    .replace(/(GeneratedMethodAccessor|GeneratedConstructorAccessor|\$Proxy)\d+/, '$1');
}

/** `f[go.shape.struct { a [2]int }].g` → `f.g`: brackets nest, and only Go writes dots or parentheses before them. */
function stripTypeParameters(name: string): string {
  if (!/[\w)]\[(?:go\.shape|\.\.\.)/.test(name)) return name;
  let out = '';
  let depth = 0;
  for (const char of name) {
    if (char === '[') depth++;
    if (depth === 0) out += char;
    if (char === ']' && depth > 0) depth--;
  }
  return out;
}
