import type { FunctionInfo } from '../model.js';

/** Names that profilers write for unnamed functions, which are kept apart by file and start line. */
const UNNAMED =
  /^(?:\(anonymous[^)]*\)|<(?:anonymous[^>]*|lambda|listcomp|dictcomp|setcomp|genexpr|module)>|\{closure\}|__lambda__)$/;
/** A location without symbols: the binary and the offset in it. */
const OFFSET = /^\[[^\]]*\] 0x[\da-f]+$/;

/** The first character of all of them, which hardly any other name has. */
const FIRST_OF_UNNAMED = '(<{_[';

/** Whether a function name says nothing about which function it is. */
export function isUnnamed(name: string): boolean {
  return FIRST_OF_UNNAMED.includes(name.charAt(0)) && (UNNAMED.test(name) || OFFSET.test(name));
}

/**
 * A key that is equal for the same function, within a profile and across profiles. Functions of several files
 * may have a bare name of Python, JavaScript, Ruby or PHP, so that the name of the file is a part of their
 * key. Its folders are not: a deploy may change them.
 */
export function joinKey({ name, file, startLine }: FunctionInfo): string {
  if (isUnnamed(name)) return `${name}\0${file}\0${startLine}`;
  const normal = normaliseName(name);
  const script = isBareIn(normal, file) ? SCRIPT_FILE.exec(file)?.[0] : undefined;
  return script === undefined ? normal : `${normal}\0${script}`;
}

/** A name without a package, a module or a class. */
const BARE = /^[\w$]+$/;
/** The last part of the path of a file in a language whose profilers write bare names. */
const SCRIPT_FILE = /[^/\\]+\.(?:pyx?|[cm]?[jt]sx?|rb|php)$/;

/** Whether a name is bare and may be that of several functions, which their files tell apart. */
export function isBareIn(name: string, file: string): boolean {
  return BARE.test(name) && SCRIPT_FILE.test(file);
}

/** The key of a function without the file that tells functions of a bare name apart. */
export function nameInKey(key: string): string {
  const end = key.indexOf('\0');
  // The key of an unnamed function has a start line, too.
  return end < 0 || key.includes('\0', end + 1) ? key : key.slice(0, end);
}

/** Keys made before, by function: a profile that is made of others has their functions in another list. */
const keyCache = new WeakMap<FunctionInfo, string>();
/** Keys made before, by the functions of a profile: many questions about a profile need them. */
const keysCache = new WeakMap<readonly FunctionInfo[], readonly string[]>();

/** Makes the keys of all functions of a profile: see {@link joinKey}. */
export function joinKeys(functions: readonly FunctionInfo[]): readonly string[] {
  const known = keysCache.get(functions);
  if (known !== undefined) return known;
  const keys = functions.map(keepKey);
  keysCache.set(functions, keys);
  return keys;
}

/** The key of a function, which is kept with it: see {@link joinKey}. */
export function keepKey(info: FunctionInfo): string {
  const known = keyCache.get(info);
  if (known !== undefined) return known;
  const key = joinKey(info);
  keyCache.set(info, key);
  return key;
}

/**
 * The name for several instances of a function: as the profile has it if all agree, else the normalised one.
 */
export function sharedName(names: Iterable<string>): string {
  const [first = '', ...others] = new Set(names);
  return others.length === 0 ? first : normaliseName(first);
}

/**
 * Numbers and addresses of classes that the JVM makes while it runs; Pyroscope puts an underscore in their
 * place.
 */
const LAMBDA_CLASS = /(\$\$Lambda)(?:\$(?:\d+|_)|_)?(?:[./](?:0x[\da-f]+|\d+)(?=[./]|$))?/g;
const GENERATED_CLASS =
  /(Generated(?:Method|Constructor|SerializationConstructor)Accessor|\$Proxy|\$\$(?:Enhancer|FastClass)BySpringCGLIB\$\$)(?:[\da-f]+|_)(?=[./]|$)/g;
const LAMBDA_FORM = /(LambdaForm\$\w{1,40})[./+]0x[\da-f]+/g;
/** async-profiler marks how a frame was compiled, dotnet-trace which tier it ran in. */
const COMPILED_AS = /_\[[\dijkc]\]$|\[(?:Optimized|QuickJitted|PreJIT|ReadyToRun)\w{0,20}\]$/;
/** The hash of the build at the end of a Rust name, and that of the crate in the newer scheme. */
const RUST_HASH = /::h[\da-f]{16}$/;
const RUST_CRATE_HASH = /(\w)\[[\da-f]{8,16}\](?=::|[>, ]|$)/g;
/** Copies of one function that compilers make. */
const CLONE = /(?: \[clone [^[\]]{1,40}\]|\.(?:isra|constprop|part|lto_priv|llvm|cold)\.\d{1,20}){1,4}$/;
/** Libraries that were unpacked into a temporary folder carry a random id. */
const RANDOM_ID = /[-_.]?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi;
/** Names without any of these are normal; most names are. It takes a quarter of the time of the next one. */
const MAY_BE_SPECIAL =
  /[[$:]|-[\da-f]{12}|Accessor|LambdaForm|\.(?:isra|constprop|part|lto_priv|llvm|cold)\.\d/i;
/** Names that pass it are normal without any of these, too. */
const SPECIAL =
  /[\w)]\[|\$\$|\$Proxy|Accessor|LambdaForm|::h[\da-f]{16}| \[clone |\.(?:isra|constprop|part|lto_priv|llvm|cold)\.\d|[\da-f]{4}-[\da-f]{12}|:\d+\)?$|^(?:LazyCompile|JS|Function|Script|Eval):/i;

function isSpecial(name: string): boolean {
  return MAY_BE_SPECIAL.test(name) && SPECIAL.test(name);
}

/**
 * Removes from a name whatever the build, the process and the line that ran wrote into it, so that all names
 * of a function become equal. Nothing else normalises names. Pyroscope strips Go type parameters
 * (`pbkdf2.Key[go.shape…]` becomes `pbkdf2.Key`), Rust writes the build's hash, Node's SDK and py-spy the
 * line, the JVM the number of a generated class.
 */
export function normaliseName(name: string): string {
  if (!isSpecial(name)) return name;
  const place = placedName(name);
  if (place !== null) return place.key;
  const plain = name.replace(COMPILED_AS, '').replace(CLONE, '').replace(RUST_HASH, '');
  return stripTypeParameters(plain.replace(RUST_CRATE_HASH, '$1'))
    .replace(LAMBDA_CLASS, '$1')
    .replace(GENERATED_CLASS, '$1')
    .replace(LAMBDA_FORM, '$1')
    .replace(RANDOM_ID, '');
}

/** A name as Go's sources write it: its linker escapes the dots of the last part of a package's path. */
export function unescapeDots(name: string): string {
  return name.includes('%2e') ? name.replaceAll('%2e', '.') : name;
}

/** File and line that a profiler wrote into a name; null where there are none. */
export function placeInName(name: string): { file: string; line: number } | null {
  const placed = isSpecial(name) ? placedName(name) : null;
  return placed === null || placed.file === '' ? null : { file: placed.file, line: placed.line };
}

/** A name that holds a place. */
interface PlacedName {
  /** The normal name. */
  key: string;
  file: string;
  /** 0 = unknown. */
  line: number;
}

function placedName(name: string): PlacedName | null {
  return name.length > MAX_PLACED
    ? null
    : (perfMapName(name) ?? nodeName(name) ?? bracketedPlace(name) ?? trailingPlace(name));
}

/** Maximum length of a name that may hold a place: paths are at most 4,096 bytes. */
const MAX_PLACED = 5_000;

const SCRIPT = /\.[cm]?[jt]sx?$|^(?:node|ext|internal|webpack-internal|wasm|evalmachine)[:./]|^evalmachine/;
const ANONYMOUS = /^(?:\(anonymous\b|<anonymous|$)/;

/** `./src/price.js:quote:42` of Node's SDK; V8's own states have no file: `:(idle):0`. */
function nodeName(name: string): PlacedName | null {
  const end = name.lastIndexOf(':');
  const digits = name.slice(end + 1);
  if (end < 1 || !/^\d{1,9}$/.test(digits)) return null;
  // An anonymous function has colons of its own: `(anonymous:L#12:C#5)`.
  const at = name[end - 1] === ')' ? name.lastIndexOf(':(', end) : name.lastIndexOf(':', end - 1);
  if (at < 0) return null;
  const [file, fn] = [name.slice(0, at), name.slice(at + 1, end)];
  if (file === '') return fn === '' ? null : { key: fn, file, line: 0 };
  return SCRIPT.test(file) ? { key: scriptKey(file, fn, digits), file, line: Number(digits) } : null;
}

/**
 * The key of a JavaScript function. An anonymous one is identified by its own line where the profiler knows
 * it, else by the line that ran.
 */
function scriptKey(file: string, fn: string, line: string): string {
  const isKnown = !ANONYMOUS.test(fn) || fn.includes('L#');
  return `${stablePath(file)}:${fn === '' ? '(anonymous)' : fn}${isKnown ? '' : `:${line}`}`;
}

/** `LazyCompile:*quote /app/src/price.js:12` of V8's perf map, with a mark for how it was compiled. */
const PERF_MAP = /^(?:LazyCompile|JS|Function|Script|Eval): ?[*~^+]?/;

function perfMapName(name: string): PlacedName | null {
  const kind = PERF_MAP.exec(name)?.[0];
  if (kind === undefined) return null;
  const rest = name.slice(kind.length);
  const space = rest.lastIndexOf(' ');
  const place = /^(?:file:\/\/)?(.{1,4096}?)(?::(\d{1,9}))(?::\d{1,9})?$/.exec(rest.slice(space + 1));
  const [, file = '', line = '0'] = place ?? [];
  if (place === null) return rest === '' ? null : { key: rest, file: '', line: 0 };
  return { key: scriptKey(file, rest.slice(0, Math.max(0, space)), line), file, line: Number(line) };
}

/** `quote (shop/price.py:44)` of py-spy. */
function bracketedPlace(name: string): PlacedName | null {
  if (!name.endsWith(')')) return null;
  const open = name.lastIndexOf(' (');
  const place = /^([^():]{1,4096}\.pyx?|<[^<>()]{1,200}>):(\d{1,9})$/.exec(name.slice(open + 2, -1));
  if (open < 1 || place === null) return null;
  const [, file = '', line = ''] = place;
  const fn = name.slice(0, open);
  // A whole module runs on many lines, another unnamed function mostly on one.
  const key = fn === '<module>' ? `${fn} (${file})` : isUnnamed(fn) ? name : fn;
  return { key, file, line: Number(line) };
}

/** `save /var/www/cart.php:80` of phpspy, `save - /srv/cart.rb:80` of rbspy. */
function trailingPlace(name: string): PlacedName | null {
  const space = name.lastIndexOf(' ');
  const place = /^(.{1,4096}\.(?:php|rb)):(\d{1,9})$/.exec(name.slice(space + 1));
  if (space < 1 || place === null) return null;
  const [, file = '', line = ''] = place;
  const fn = name.slice(0, space).replace(/ -$/, '');
  return { key: isUnnamed(fn) ? name : fn, file, line: Number(line) };
}

/** A path without package versions, bundle hashes and release folders, which each deploy may change. */
function stablePath(file: string): string {
  return file
    .replace(/\/\.pnpm\/[^/]{1,200}\/node_modules\//, '/')
    .replace(/[.-](?=[\da-f]{0,20}\d)[\da-f]{8,20}(?=\.[cm]?js$)/, '')
    .replace(/\/releases\/[\w.-]{1,40}\//, '/releases/');
}

/**
 * `f[go.shape.struct { a [2]int }].g` → `f.g`: brackets nest. Go names have a dot, and no colons, before
 * them.
 */
function stripTypeParameters(name: string): string {
  if (!/[\w)]\[(?:go\.shape|\.\.\.)/.test(name) && !isInstanceOfGeneric(name)) return name;
  let out = '';
  let depth = 0;
  for (const char of name) {
    if (char === '[') depth++;
    if (depth === 0) out += char;
    if (char === ']' && depth > 0) depth--;
  }
  return depth === 0 ? out : name;
}

function isInstanceOfGeneric(name: string): boolean {
  const open = name.search(/\w\[[^\]]/);
  return (
    open > 0 && name.lastIndexOf('.', open) > 0 && !name.includes('::') && !/[\s;]/.test(name.slice(0, open))
  );
}
