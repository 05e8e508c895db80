/** Numbers and addresses of classes that the JVM makes while it runs; Pyroscope puts an underscore in their place. */
const LAMBDA_CLASS = /(\$\$Lambda)(?:\$(?:\d+|_)|_)?(?:[./](?:0x[\da-f]+|\d+)(?=[./]|$))?/g;
const GENERATED_CLASS =
  /(Generated(?:Method|Constructor|SerializationConstructor)Accessor|\$Proxy|\$\$(?:Enhancer|FastClass)BySpringCGLIB\$\$)(?:[\da-f]+|_)(?=[./]|$)/g;

/**
 * The one written normaliser under which findings from two kinds of source are equal: Pyroscope strips Go type
 * parameters (`pbkdf2.Key[go.shape…]` becomes `pbkdf2.Key`), and names of generated JVM classes change with each run.
 */
export function normaliseName(name: string): string {
  return stripTypeParameters(name).replace(LAMBDA_CLASS, '$1').replace(GENERATED_CLASS, '$1');
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
