import type { NotReadReason } from '../errors.js';
import type { AskedBook } from '../patterns/asked/book.js';
import type { PatternBook } from '../patterns/book.js';
import type { ToolName } from '../report/next.js';
import type { PictureSink } from '../report/picture/material.js';
import type { JsonObject } from '../report/render.js';
import type { Schema } from '../schema/schema.js';
import type { SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';

/**
 * Everything that a tool may use: it reaches the clock, the network and the environment through this only.
 */
export interface ToolContext {
  sources: SourceRegistry;
  getSchema(source: ProfileSource): Schema;
  /** The patterns learned from the dashboards of a source's Grafana; null for a source without a Grafana. */
  getPatterns?(source: ProfileSource): PatternBook | null;
  /** The calls of our own that worked; null where they are not remembered. */
  asked?: AskedBook | null;
  now(): number;
  signal: AbortSignal;
  /**
   * Aborted after half of the call's time: a request that is still open is replaced by one for less detail.
   */
  early?: AbortSignal;
  /** Aborted a little before the call's deadline: the answer is then made of what has been read so far. */
  soon?: AbortSignal;
  /** Reports a part of the answer that could not be read, so that the log and the metrics count it. */
  notRead?(what: string, reason: NotReadReason): void;
  /** Reports each step of a long call. */
  progress?: Progress;
  /** Collects what pictures of the answer are drawn from; left out where none is drawn. */
  pictures?: PictureSink;
}

/** A call as its caller wrote it. */
export interface WrittenCall<Given extends JsonObject = JsonObject> {
  tool: ToolName;
  /**
   * Arguments with a value that differs from their default; without `format`, which no ready call repeats.
   */
  args: Given;
  /** Names of all arguments that the tool takes. */
  takes: ReadonlySet<string>;
}

/** Everything that the run of a tool may use, with the call that it answers. */
export interface CallContext<Given extends JsonObject = JsonObject> extends ToolContext {
  call: WrittenCall<Given>;
}

/**
 * Reports how far a call is: the number of upstream requests answered or, with a goal, of other things done.
 * The number only grows during a call.
 */
export type Progress = (done: number, goal?: { total: number; what: string }) => void;

/** How far a call is, in words. */
export function progressText(...[done, goal]: Parameters<Progress>): string {
  return goal === undefined ? `${done} upstream requests answered` : `${done} of ${goal.total} ${goal.what}`;
}
