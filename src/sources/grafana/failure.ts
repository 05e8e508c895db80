import { type Advice, UpstreamError, type UpstreamKind } from '../../errors.js';
import { PROGRAM } from '../../program.js';
import { type ErrorAnswer, failureOfAnswer } from '../pyroscope/http/failure.js';

/** The meaning of an error answer. */
interface Meaning {
  kind: UpstreamKind;
  advice: Advice;
}

/** An error answer with the members of Grafana's JSON; a missing member is ''. */
interface Refusal extends ErrorAnswer {
  json: boolean;
  message: string;
  /** The permissions that the message names. */
  needed: readonly string[];
  messageId: string;
  accessErrorId: string;
}

type Rule = readonly [holds: (refusal: Refusal) => boolean, read: (refusal: Refusal) => Meaning];

const NEW_TOKEN =
  'Create a service account token in this Grafana and set GRAFANA_SERVICE_ACCOUNT_TOKEN to it.';
const GRANT_QUERY =
  "Give the service account, or the role Viewer, the permission Query on the data source's Permissions tab in Grafana.";
const DATA_SOURCE_SETTINGS = "the data source's settings in Grafana (Connections, Data sources)";

/** Advice where the address of the data source leads to an HTML page. */
export const NOT_PYROSCOPE: Advice = {
  what: 'Behind this data source is a page instead of Pyroscope',
  fix: `Correct the URL in ${DATA_SOURCE_SETTINGS}.`,
};

/** Answers with which Grafana refuses the credentials. */
const CREDENTIALS: readonly Rule[] = [
  rule(({ messageId }) => messageId === 'api-key.expired', 'The Grafana token has expired', NEW_TOKEN),
  rule(({ messageId }) => messageId === 'api-key.revoked', 'The Grafana token was revoked', NEW_TOKEN),
  rule(
    ({ messageId }) => messageId === 'api-key.organization-mismatch',
    'The Grafana token belongs to another organisation than GRAFANA_ORG_ID names',
    'Leave GRAFANA_ORG_ID out, or use a token of that organisation.',
  ),
  rule(
    ({ messageId, message }) =>
      messageId === 'identity.disabled' || /^service account is disabled$/i.test(message),
    'The Grafana service account is disabled',
    'Enable the service account in Grafana, or use a token of another one.',
  ),
  rule(
    ({ messageId }) => messageId.endsWith('.token.rotate'),
    'A browser session was sent to Grafana instead of a token',
    `${NEW_TOKEN} Take cookies out of GRAFANA_EXTRA_HEADERS.`,
  ),
  rule(
    ({ messageId, message }) =>
      messageId === 'password-auth.failed' || /^invalid username or password$/i.test(message),
    'Grafana does not accept the user and password',
    'Check GRAFANA_USERNAME and GRAFANA_PASSWORD; a service account token is the better way.',
  ),
  rule(({ message }) => /^expired api key$/i.test(message), 'The Grafana token has expired', NEW_TOKEN),
  rule(
    ({ messageId, message }) => messageId === 'api-key.invalid' || /^invalid api key$/i.test(message),
    'This Grafana does not know the token',
    `${NEW_TOKEN} A Cloud access policy token (glc_…) is not one.`,
  ),
  rule(
    ({ status, json }) => status === 401 && json,
    'Grafana got no credentials that it knows',
    'Check GRAFANA_SERVICE_ACCOUNT_TOKEN: it may be missing, deleted, or taken out by a proxy in front of Grafana.',
  ),
  rule(
    ({ status }) => status === 401,
    'Something in front of Grafana asks for credentials of its own',
    'Set what it wants in GRAFANA_EXTRA_HEADERS, for example the headers of an access proxy.',
  ),
];

/** Answers with which Grafana refuses a request for a lack of permission. */
const PERMISSIONS: readonly Rule[] = [
  [
    ({ message }) => /permissions needed:/i.test(message),
    ({ needed, accessErrorId }) => {
      const id = /^ACE\d+$/.test(accessErrorId) ? ` (${accessErrorId})` : '';
      return refused(
        `The Grafana token lacks the permission ${needed.join(', ') || 'that this needs'}${id}`,
        `Give the service account the basic role Viewer, or just ${needed.join(', ') || 'that permission'}.`,
      );
    },
  ],
  rule(
    ({ message }) => /^access denied to data ?source/i.test(message),
    'The Grafana token may not query this data source',
    GRANT_QUERY,
  ),
  rule(
    ({ message }) =>
      /not included in whitelist|target url is not a valid target|not a valid target/i.test(message),
    "Grafana's data source proxy is blocked for this data source",
    "A Grafana administrator adds the data source's host and port to data_source_proxy_whitelist (section security of Grafana's configuration).",
  ),
  rule(
    ({ status, json }) => status === 403 && json,
    'Grafana does not allow the request',
    `${GRANT_QUERY} Where Grafana is managed, its data source proxy may be switched off: ask its provider.`,
  ),
  rule(
    ({ status }) => status === 403,
    'Something in front of Grafana does not let the request through',
    'Let this server through it, or set what it wants in GRAFANA_EXTRA_HEADERS.',
  ),
];

/** Answers that show a problem of the data source or of the Pyroscope behind it. */
const DATA_SOURCE: readonly Rule[] = [
  rule(
    ({ message }) => /^unable to find datasource plugin/i.test(message),
    'Grafana lacks the plugin of this data source',
    'Install the Grafana Pyroscope data source plugin, or delete the data source.',
    'failed',
  ),
  rule(
    ({ message }) => /^(?:data source not found|unable to find datasource)$/i.test(message),
    'Grafana has no such data source (any more), or keeps it in another organisation',
    `Run \`${PROGRAM} sources refresh\` and enable one that is there.`,
    'missing',
  ),
  rule(
    ({ message }) => /^uid is invalid$/i.test(message),
    'Grafana does not accept the uid of the data source',
    `Give the data source a uid of letters, digits, - and _ in ${DATA_SOURCE_SETTINGS}.`,
    'missing',
  ),
  rule(
    ({ message }) => /^unable to load tls certificate/i.test(message),
    'Grafana cannot load the TLS certificate of this data source',
    `Correct the certificate in ${DATA_SOURCE_SETTINGS}.`,
    'failed',
  ),
  rule(
    ({ message }) => /^id is invalid$|^unable to load datasource meta ?data/i.test(message),
    'This Grafana is older than version 9, which cannot query a data source by its uid',
    'Upgrade Grafana to version 9 or newer.',
    'failed',
  ),
  rule(
    ({ text }) => /response body too large, response limit is set to/i.test(text),
    "The answer is over Grafana's own size limit",
    "Raise response_limit (section dataproxy of Grafana's configuration).",
    'too_large',
  ),
];

/** Answers of a gateway that cannot reach Grafana, or of a Grafana that cannot reach Pyroscope. */
const GATEWAY: readonly Rule[] = [
  rule(
    ({ status, text }) => status === 502 && text.trim() === '',
    'Grafana cannot reach the Pyroscope behind this data source',
    `Check that Pyroscope runs and that the URL in ${DATA_SOURCE_SETTINGS} leads to it from where Grafana runs.`,
    'unreachable',
  ),
  rule(
    ({ status, json }) => status === 502 && !json,
    'A gateway in front of Grafana cannot reach it',
    'Check that Grafana runs.',
    'unreachable',
  ),
  rule(
    ({ status }) => status === 504,
    'Pyroscope did not answer Grafana in time, or Grafana a gateway in front of it',
    "Raise timeout in section dataproxy of Grafana's configuration, and that of any load balancer in front.",
    'timeout',
  ),
];

const RULES: readonly Rule[] = [...CREDENTIALS, ...PERMISSIONS, ...DATA_SOURCE, ...GATEWAY];

/**
 * The failure that an error answer of Grafana means; null where the answer is that of the Pyroscope behind
 * its data source proxy.
 *
 * Grafana marks answers of a data source with the Content-Security-Policy `sandbox`, except for a 401 of
 * Pyroscope, which becomes a 400 with a text of Grafana. Where a proxy removed that header, the body tells:
 * only Pyroscope's has a `code`.
 */
export function failureOfGrafana(
  answer: ErrorAnswer,
  redact: (text: string) => string,
): UpstreamError | null {
  const meaning = classify(readRefusal(answer, redact), redact);
  if (meaning === null) return null;
  const { status, detail, retryAfterMs } = failureOfAnswer(answer, redact);
  return new UpstreamError(meaning.kind, detail, {
    advice: meaning.advice,
    retryAfterMs,
    ...(status === null ? {} : { status }),
  });
}

const API_ADVICE: Readonly<Partial<Record<UpstreamKind, Advice>>> = {
  not_found: {
    what: 'Grafana does not know this request',
    fix: 'Check that GRAFANA_URL leads to a Grafana of version 9 or newer, with its sub-path.',
  },
  overloaded: {
    what: 'Grafana is overloaded',
    fix: 'Wait and try again; if it stays, raise the limits of Grafana.',
  },
  failed: { what: 'Grafana failed', fix: "Read Grafana's own log." },
  timeout: {
    what: 'Grafana did not answer in time',
    fix: 'Check the load of Grafana; raise --request-timeout.',
  },
  paused: {
    what: 'Grafana is not asked at the moment, because it failed again and again',
    fix: 'Wait a minute and try again; the message says what failed.',
  },
  rejected: { what: 'Grafana did not accept the request', fix: 'Check that Grafana is version 9 or newer.' },
};

/** Adds the advice that Grafana cannot be reached to a failure without an answer. */
export function withConnectionAdvice(error: unknown): unknown {
  return addAdvice(error, {
    unreachable: {
      what: 'Grafana cannot be reached',
      fix: 'Check GRAFANA_URL, and that this machine may reach it (DNS, firewall, HTTPS_PROXY). For a certificate that it does not know, set GRAFANA_CA_FILE.',
    },
  });
}

/**
 * Adds advice about Grafana to a failure of its own API, so that it does not look like one of a profile
 * store.
 */
export function withApiAdvice(error: unknown): unknown {
  return addAdvice(error, API_ADVICE);
}

function addAdvice(error: unknown, advices: Readonly<Partial<Record<UpstreamKind, Advice>>>): unknown {
  if (!(error instanceof UpstreamError) || error.advice !== null) return error;
  const { kind, detail, status, code, retryAfterMs, cause } = error;
  const advice = advices[kind];
  if (advice === undefined) return error;
  return new UpstreamError(kind, detail, {
    advice,
    code,
    retryAfterMs,
    cause,
    ...(status === null ? {} : { status }),
  });
}

/** Advice where Grafana's address leads to something else. */
export function notGrafana(what: string): Advice {
  return {
    what,
    fix: 'Correct GRAFANA_URL (scheme, host, sub-path, as in root_url of Grafana); where a login page stands in front, set what lets a program through in GRAFANA_EXTRA_HEADERS.',
  };
}

function classify(refusal: Refusal, redact: (text: string) => string): Meaning | null {
  const { status, location, message, text } = refusal;
  if (status === 400 && /^authentication to data source failed$/i.test((message || text).trim())) {
    return refused(
      'Pyroscope refused the credentials that Grafana keeps for this data source',
      `Correct credentials or tenant in ${DATA_SOURCE_SETTINGS}.`,
    );
  }
  if (isRedirect(status)) {
    const target = redact(readHost(location));
    if (isOfPyroscope(refusal)) {
      const what = `The Pyroscope behind this data source redirects to ${target}`;
      return { kind: 'unreadable', advice: { what, fix: `Correct the URL in ${DATA_SOURCE_SETTINGS}.` } };
    }
    return {
      kind: /login|signin|sso|oauth/i.test(location) ? 'unauthorized' : 'unreadable',
      advice: notGrafana(`The address of Grafana redirects to ${target}`),
    };
  }
  if (isOfPyroscope(refusal)) {
    if (status !== 403) return null;
    return refused(
      'The Pyroscope behind this data source, or a gateway in front of it, refused Grafana',
      `Correct credentials or tenant in ${DATA_SOURCE_SETTINGS}.`,
    );
  }
  return RULES.find(([holds]) => holds(refusal))?.[1](refusal) ?? null;
}

/**
 * Whether the Content-Security-Policy shows that an answer comes from a data source behind Grafana's proxy.
 */
export function isFromDataSource({ policy = '' }: { policy?: string }): boolean {
  return /\bsandbox\b/.test(policy);
}

function isOfPyroscope(refusal: Refusal): boolean {
  return (
    isFromDataSource(refusal) ||
    (refusal.messageId === '' && typeof member(refusal.text, 'code') === 'string')
  );
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

/** Target of a redirect, without parts that may be secret. */
function readHost(location: string): string {
  if (!URL.canParse(location)) return location.replace(/[?#].*$/s, '') || 'nowhere';
  const { origin, pathname } = new URL(location);
  return `${origin}${pathname}`;
}

/** Maximum length of a message: searching it may take the square of its length. */
const MAX_MESSAGE = 2_000;

function readRefusal(answer: ErrorAnswer, redact: (text: string) => string): Refusal {
  const textMember = (name: string) => {
    const value = member(answer.text, name);
    return typeof value === 'string' ? value : '';
  };
  const json = /^\s*\{/.test(answer.text) && member(answer.text, 'message') !== undefined;
  const message =
    textMember('message').slice(0, MAX_MESSAGE).trim() || (json ? '' : answer.text.trim().slice(0, 200));
  return {
    ...answer,
    json,
    message,
    needed: permissionsIn(message, redact),
    messageId: textMember('messageId'),
    accessErrorId: textMember('accessErrorId'),
  };
}

/** Resources of Grafana that this program requests. */
const RESOURCE = /^(?:datasources|dashboards|folders|library|orgs?|users|plugins|settings)\b/;

/** The permissions that a message names. It may also quote a user and password, which look like one. */
function permissionsIn(message: string, redact: (text: string) => string): string[] {
  const actions = [...message.matchAll(/(?<![a-z.])[a-z][a-z.]{0,100}:[a-z]{1,100}/g)].map(
    ([action]) => action,
  );
  return actions.filter((action) => RESOURCE.test(action) || redact(action) === action);
}

/** A member of a JSON object; undefined where the text is no JSON object. */
function member(text: string, name: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  } catch {
    return undefined;
  }
}

function rule(
  holds: (refusal: Refusal) => boolean,
  what: string,
  fix: string,
  kind: UpstreamKind = 'unauthorized',
): Rule {
  return [holds, () => ({ kind, advice: { what, fix } })];
}

function refused(what: string, fix: string): Meaning {
  return { kind: 'unauthorized', advice: { what, fix } };
}
