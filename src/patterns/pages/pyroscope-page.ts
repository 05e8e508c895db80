import {
  NO_QUERY,
  type Page,
  type PageQuery,
  type PageRange,
  readParameter,
  readRange,
  splitIds,
} from './page.js';

/** Paths of the pages that compare two selections; every other page keeps the parameters of both as well. */
const COMPARISON = /\/(?:comparison|comparison-diff|diff|diff-view|comparison-view)\/*$/;

/**
 * The query of a page of Pyroscope's own, of any version: `query`, `from` and `until`; where it compares,
 * `leftQuery`, `leftFrom`, `leftUntil` and the same of the right. Null where no query is in the address.
 */
export function readPyroscopePage(path: string, parameters: URLSearchParams): Page | null {
  const written = readParameter(parameters, 'query');
  const whole = readRange(parameters, 'from', 'until', 'to');
  // The tenant that is asked is the configured one.
  const unused = readParameter(parameters, 'tenant') === null ? [] : ['the tenant'];
  if (!COMPARISON.test(path)) {
    return written === null
      ? null
      : { name: 'Pyroscope', query: readQuery(written, whole), baseline: null, unused };
  }
  const side = (name: 'left' | 'right') => {
    const text = readParameter(parameters, `${name}Query`) ?? written;
    const { from, to } = readRange(parameters, `${name}From`, `${name}Until`, `${name}To`);
    return text === null ? null : readQuery(text, { from: from ?? whole.from, to: to ?? whole.to });
  };
  const [baseline, query] = [side('left'), side('right')];
  return query === null ? null : { name: 'Pyroscope', query, baseline, unused };
}

/** Parts of an old name, `shop.cart.cpu{region="eu"}`: application, type, selector. */
const OLD_TYPES =
  /^(.+)\.(cpu|itimer|wall|alloc_(?:objects|space)|inuse_(?:objects|space)|goroutines?|mutex_(?:count|duration)|block_(?:count|duration)|lock_(?:count|duration)|exceptions|alloc_in_new_tlab_(?:bytes|objects)|alloc_outside_tlab_(?:bytes|objects))$/;

/**
 * Reads `type{selector}`, the old `application.type{selector}`, and the newest form, a selector that holds
 * the type as a label.
 */
export function readQuery(written: string, range: PageRange): PageQuery {
  const brace = written.indexOf('{');
  const head = (brace < 0 ? written : written.slice(0, brace)).trim();
  const selector = brace < 0 ? '' : written.slice(brace).trim();
  if (head === '') {
    const [type, rest] = takeCondition(selector, /^(?:__)?profile_type(?:__)?$/);
    return { ...NO_QUERY, profileTypeId: type ?? '', selector: rest, range };
  }
  if (head.includes(':')) return { ...NO_QUERY, profileTypeId: head, selector, range };
  const [, application = head, type = ''] = OLD_TYPES.exec(head) ?? [];
  // Before version 1 the agents called the id of a span so.
  const [spanId, rest] = takeCondition(selector, /^(?:profile|span)_id$/);
  return {
    ...NO_QUERY,
    profileTypeId: type,
    selector: addService(application, rest),
    range,
    spanIds: spanId === null ? [] : splitIds([spanId]),
  };
}

/** A condition of a selector with the brace or comma before it: name, `=`, value in double quotes. */
const CONDITION = /([{,]\s*)([\w.]+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*/g;

/** Takes the condition on a label out of a selector: its value, and what is left. */
function takeCondition(selector: string, label: RegExp): [value: string | null, rest: string] {
  for (const { index, 0: whole, 1: before = '', 2: name = '', 3: value = '' } of selector.matchAll(
    CONDITION,
  )) {
    if (!label.test(name)) continue;
    const after = selector.slice(index + whole.length);
    const isFirst = before.startsWith('{');
    return [value, `${selector.slice(0, index)}${isFirst ? `{${after.replace(/^,/, '')}` : after}`];
  }
  return [null, selector];
}

function addService(application: string, selector: string): string {
  const service = `service_name=${JSON.stringify(application)}`;
  const inner = selector.replace(/^\{\s*/, '').replace(/\s*\}$/, '');
  return inner === '' ? `{${service}}` : `{${service},${inner}}`;
}
