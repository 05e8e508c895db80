import { UserError } from '../../errors.js';
import type { Nameable } from '../../query/names.js';
import { safeText } from '../../text/sanitise.js';
import { unknownArgument } from '../../tools/arguments.js';

/** An argument that a person fills in; clients send all of them as text. */
export interface PromptArgument {
  description: string;
  required?: true;
  /** Kind of names that its value can have, where a client can offer those that exist. */
  names?: Nameable;
}

type Arguments = Readonly<Record<string, PromptArgument>>;

/** Values that were filled in; an argument that was left out is undefined. */
type Given<A extends Arguments> = {
  readonly [Name in keyof A]: A[Name] extends { required: true } ? string : string | undefined;
};

/** The part of a prompt that every client lists. */
interface Surface<A extends Arguments> {
  name: string;
  title: string;
  description: string;
  arguments: A;
}

/**
 * A recipe for an investigation: which tools to call in which order, how to read the answers, when to stop.
 */
export interface Prompt<A extends Arguments = Arguments> extends Surface<A> {
  /**
   * @param now Unix ms; times become absolute, so that every call is about the same window
   * @throws UserError for what cannot be meant
   */
  text(given: Given<A>, now: number): Promise<string>;
}

/** The longest value that a recipe repeats. */
const MAX_VALUE = 300;

/**
 * A prompt whose text is loaded when somebody asks for it. Values are made safe for one line; those without
 * anything in them are left out, as some clients send an empty field.
 */
export function definePrompt<const A extends Arguments>({
  load,
  ...surface
}: Surface<A> & { load(): Promise<{ text(given: Given<A>, now: number): string }> }): Prompt<A> {
  const { name, arguments: args } = surface;
  return {
    ...surface,
    async text(given, now) {
      for (const argument of Object.keys(given)) {
        if (!Object.hasOwn(args, argument)) throw unknownArgument(name, argument, Object.keys(args));
      }
      const values = new Map<string, string>();
      for (const argument of Object.keys(args)) {
        const value = safeText(given[argument] ?? '', MAX_VALUE);
        if (value !== '') values.set(argument, value);
      }
      const missing = Object.entries(args).filter(
        ([argument, { required }]) => required && !values.has(argument),
      );
      // All problems are reported at once, so that a person needs one more try and not several.
      if (missing.length > 0) throw missingArguments(name, missing);
      // The loop above has checked that required values are there, which the type cannot follow.
      return (await load()).text(Object.fromEntries(values) as Given<A>, now);
    },
  };
}

function missingArguments(prompt: string, missing: readonly [string, PromptArgument][]): UserError {
  const names = missing.map(([argument]) => `\`${argument}\``);
  const meanings = missing.map(([argument, { description }]) => `\`${argument}\`: ${description}`);
  return new UserError(`${prompt} needs ${names.join(' and ')}.`, `Fill in ${meanings.join('; ')}.`);
}
