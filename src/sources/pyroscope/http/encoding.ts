/** Hosts on this machine, and names that mean something only in a container network or a cluster. */
const NEAR: readonly RegExp[] = [
  /^localhost$/,
  /^127(?:\.\d{1,3}){3}$/,
  /^\[::1\]$/,
  /^[a-z0-9-]+$/,
  /\.svc(?:\.[^.]+\.local)?$/,
];

/**
 * The encoding in which answers are asked for. To compress a large profile takes a store a quarter of its
 * time (bench/README.md), and us more to inflate it: that only pays where bytes travel far.
 *
 * @param hostname as of a URL: in lower case, IPv6 in brackets
 */
export function chooseEncoding(hostname: string): 'gzip' | 'identity' {
  return NEAR.some((pattern) => pattern.test(hostname)) ? 'identity' : 'gzip';
}
