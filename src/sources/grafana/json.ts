/** This file reads JSON of others: a member with an unexpected type counts as missing. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of an object; an empty list for any other value. */
export function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

export function objectIn(value: unknown, name: string): Readonly<Record<string, unknown>> | null {
  const member = readMember(value, name);
  return isObject(member) ? member : null;
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const member = readMember(value, name);
  return Array.isArray(member) ? member : [];
}

/** A text member, made well-formed: JSON may hold half a surrogate pair, and an address must not. */
export function textIn(value: unknown, name: string): string | null {
  const member = readMember(value, name);
  return typeof member === 'string' ? member.toWellFormed() : null;
}

export function numberIn(value: unknown, name: string): number | null {
  const member = readMember(value, name);
  return typeof member === 'number' && Number.isFinite(member) ? member : null;
}

function readMember(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
