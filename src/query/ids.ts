import { UserError } from '../errors.js';
import type { IdSelection } from '../profile/ids.js';
import { cutRight } from '../text/sanitise.js';

/** Arguments that select samples by id: lists, separated by commas. */
export interface IdArguments {
  trace_id?: string | undefined;
  span_id?: string | undefined;
  profile_id?: string | undefined;
}

/** Maximum number of ids of a call: a store compares every sample with each of them. */
const MAX_IDS = 100;

const HEX = /^[0-9a-f]+$/;
/** A UUID as stores write it, or without its dashes. */
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

interface IdForm {
  noun: string;
  words: string;
  /** The id as the store wants it; null where it has another form. */
  read(id: string): string | null;
}

const FORMS: Readonly<Record<IdSelection['kind'], IdForm>> = {
  span: { noun: 'span id', words: '16 hexadecimal digits', read: (id) => readHex(id, 16) },
  trace: { noun: 'trace id', words: '32 hexadecimal digits', read: (id) => readHex(id, 32) },
  profile: {
    noun: 'profile id',
    words: 'a UUID, as get_timeline with exemplars=profiles lists it',
    read: (id) => UUID.exec(id)?.slice(1).join('-') ?? null,
  },
};
const KINDS = ['span', 'trace', 'profile'] as const;

/**
 * Reads the ids that select samples, and checks their form; null where the caller gives none.
 * @throws UserError that names the id and the form that it should have
 */
export function readIds(args: IdArguments): IdSelection | null {
  const given = KINDS.filter((kind) => args[`${kind}_id`] !== undefined);
  const [kind, other] = given;
  if (kind === undefined) return null;
  if (other !== undefined) {
    throw new UserError(
      `\`${kind}_id\` and \`${other}_id\` cannot be combined.`,
      'Give one of trace_id, span_id and profile_id: the narrowest that you have.',
    );
  }
  const texts = (args[`${kind}_id`] ?? '').split(/[\s,;]+/).filter((text) => text !== '');
  const ids = [...new Set(texts.map((text) => checkId(kind, text)))];
  if (ids.length === 0)
    throw new UserError(`\`${kind}_id\` names no id.`, `A ${FORMS[kind].noun} is ${FORMS[kind].words}.`);
  if (ids.length > MAX_IDS) {
    throw new UserError(
      `\`${kind}_id\` lists ${ids.length} ids; at most ${MAX_IDS} are taken.`,
      kind === 'span' ? 'Name the trace in `trace_id`, or fewer spans.' : 'Name fewer.',
    );
  }
  return { kind, ids };
}

function checkId(kind: IdSelection['kind'], text: string): string {
  const plain = text.toLowerCase();
  const { noun, words, read } = FORMS[kind];
  const id = read(plain);
  if (id !== null && !/^[0-]+$/.test(id)) return id;
  const shown = JSON.stringify(cutRight(text, 60));
  if (id !== null) throw new UserError(`\`${kind}_id\` ${shown} is the empty ${noun}.`, 'Give a real one.');
  const meant = KINDS.find((candidate) => candidate !== kind && FORMS[candidate].read(plain) !== null);
  throw new UserError(
    `\`${kind}_id\` ${shown} is no ${noun}: that is ${words}.`,
    meant === undefined
      ? `Give the id as the trace shows it, several separated by commas.`
      : `It has the form of a ${FORMS[meant].noun}: give it in \`${meant}_id\`.`,
  );
}

function readHex(id: string, digits: number): string | null {
  const bare = id.startsWith('0x') ? id.slice(2) : id;
  return bare.length === digits && HEX.test(bare) ? bare : null;
}
