/**
 * The words by which a person starts this program in a shell. Where npx runs it, or `npm run demo` in a
 * clone, there is no command of its name on the path.
 */
export const PROGRAM = namedAsStarted(process.env);

/** Names the program as the environment says that it was started. */
export function namedAsStarted({
  npm_lifecycle_event: event,
  npm_lifecycle_script: script = '',
  npm_package_name: folder,
}: Readonly<Record<string, string | undefined>>): string {
  const isByNpx = event === 'npx' && /^['"]?pyroscope-mcp\b/.test(script);
  const isDemoOfClone = event === 'demo' && folder === 'pyroscope-mcp';
  return isByNpx || isDemoOfClone ? 'npx -y pyroscope-mcp' : 'pyroscope-mcp';
}
