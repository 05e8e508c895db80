import { unreadable } from './http/failure.js';

/**
 * A value in an answer with its place, which errors name. The JSON of protobuf omits zero values and empty
 * lists, so every reader has a default for a missing value.
 */
export interface Node {
  value: unknown;
  /** Place of the value, such as `SelectSeries: series[0].points`. */
  place: string;
}

/** A member of an object; the node itself must be one. */
export function member(node: Node, name: string): Node {
  const { value, place } = node;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw shapeError(node, 'an object');
  const separator = place.endsWith(':') ? ' ' : '.';
  return {
    value: Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined,
    place: `${place}${separator}${name}`,
  };
}

/** The elements of a list; absent is the empty list. */
export function elements(node: Node): Node[] {
  const { value, place } = node;
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw shapeError(node, 'a list');
  return value.map((element: unknown, index) => ({ value: element, place: `${place}[${index}]` }));
}

/** A text; absent is ''. */
export function text(node: Node): string {
  if (node.value === undefined) return '';
  if (typeof node.value !== 'string') throw shapeError(node, 'a text');
  return node.value;
}

/** A `double` or `int32`; absent is 0. JSON may hold a number that overflows (1e999), which is refused. */
export function number(node: Node): number {
  if (node.value === undefined) return 0;
  if (typeof node.value !== 'number' || !Number.isFinite(node.value)) throw shapeError(node, 'a number');
  return node.value;
}

/** An `int64`, which travels as a text; absent is 0. Rounded above 2^53. */
export function int64(node: Node): number {
  const { value } = node;
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
  if (typeof value === 'string') throw shapeError(node, 'an integer');
  return number(node);
}

/** Unix milliseconds, which travel as an `int64`; absent is 0. */
export function time(node: Node): number {
  const milliseconds = int64(node);
  if (milliseconds < 0 || milliseconds > MAX_TIME) throw shapeError(node, 'a time');
  return milliseconds;
}

/** A truth value; absent is false. */
export function flag(node: Node): boolean {
  if (node.value === undefined) return false;
  if (typeof node.value !== 'boolean') throw shapeError(node, 'true or false');
  return node.value;
}

/** Largest time of a `Date`, in Unix ms: a later one cannot be formatted. */
const MAX_TIME = 8.64e15;

function shapeError({ place }: Node, expected: string): Error {
  return unreadable(`${place} is not ${expected}`);
}
