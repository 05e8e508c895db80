import type { JsonObject } from '../render.js';

/** Whose code a function is, as a number: the place of the word in this list. */
export const OWNERS = ['own code', 'library', 'runtime', 'no symbols'] as const;

/** How a cost changed, as a number: 0 within noise, or not compared; 1 grew; 2 shrank. */
export const MARK = { none: 0, grew: 1, shrank: 2 } as const;

/** Numbers of one or two sides in step; the first is null where nothing is compared. */
export type Sides<T> = readonly [before: T | null, after: T];

/**
 * A call tree as a picture shows it: numbers in columns, names by their place in `strings`. Values are stored
 * divided by `scale`; shown is a value divided by the divisor of its side, as in the text answers.
 */
export interface Flame {
  title: string;
  /** Sentence about which stacks it holds; '' for all of the profiles. */
  of: string;
  type: { id: string; alias: string; meaning: string; unit: string; noun: string };
  /**
   * Words for the whole that a shown value is of: `per profile`, `mean snapshot`, or '' for the whole window.
   */
  per: string;
  windows: Sides<{ from: number; to: number }>;
  scale: number;
  divisors: Sides<number>;
  totals: Sides<number>;
  strings: readonly string[];
  functions: {
    name: readonly number[];
    file: readonly number[];
    owner: readonly number[];
    mark: readonly number[];
    self: Sides<readonly number[]>;
    total: Sides<readonly number[]>;
  };
  /**
   * Nodes in the order in which they are drawn: callers before callees. A node whose function is one past the
   * last stands for callees that were left out.
   */
  nodes: {
    fn: readonly number[];
    depth: readonly number[];
    /** Value of the stacks that end in the node. */
    self: Sides<readonly number[]>;
    mark: readonly number[];
  };
  /** Nodes of the finding's path, and the place in it of the function that the finding names; -1 for none. */
  path: readonly number[];
  named: number;
  /** Nodes left out, and the largest share that one of them holds; null where the tree is whole. */
  cut: { nodes: number; largest: number } | null;
  /** Value of the idle stacks that were set apart, per `divisors`; null where there are none. */
  idle: number | null;
  /** Whether growth is told by shares of the total or by amounts. */
  by: 'share' | 'amount';
  /** The rule by which nodes are coloured in a comparison; '' where nothing is compared. */
  rule: string;
}

/** Cost over time around a change. */
export interface Course {
  title: string;
  unit: string;
  noun: string;
  /** Unit of values that are rates, such as `cores`; null where they are amounts in `unit`. */
  rateUnit: string | null;
  per: string;
  points: readonly { from: number; to: number; value: number | null }[];
  /** Null where nothing is compared. */
  baseline: { from: number; to: number } | null;
  window: { from: number; to: number };
  since: { after: number; before: number } | null;
}

/** A question with its answer and all that pictures of it need. */
export interface Picture {
  version: 1;
  product: string;
  asked: { tool: string; arguments: JsonObject; at: string };
  /** The answer as text, and its fields as `format=json` has them. */
  text: string;
  data: JsonObject;
  flames: readonly Flame[];
  courses: readonly Course[];
}
