import type { NotReadReason } from '../errors.js';
import type { PatternBook } from '../patterns/book.js';
import type { ToolName } from '../report/next.js';
import type { JsonObject } from '../report/render.js';
import type { Schema } from '../schema/schema.js';
import type { SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';

/** What a tool may use. No clock, network or environment but through here. */
export interface ToolContext {
  sources: SourceRegistry;
  schemaOf(source: ProfileSource): Schema;
  /**
   * What is learned from the dashboards of the Grafana that a source is behind; null where it is behind none.
   */
  patternsOf?(source: ProfileSource): PatternBook | null;
  now(): number;
  signal: AbortSignal;
  /** Aborted after half of the call's time: what has not come by then is asked for in less detail. */
  early?: AbortSignal;
  /** Aborted a little before the call's deadline: what is known by then is the answer. */
  soon?: AbortSignal;
  /** Told of every part of an answer that could not be read, so that the log and the metrics count it. */
  notRead?(what: string, reason: NotReadReason): void;
  /** Told of every step of a long call. */
  progress?: Progress;
}

/** A call as its caller wrote it. */
export interface AskedCall<Given extends JsonObject = JsonObject> {
  tool: ToolName;
  /**
   * Arguments with a value that differs from their default; without `format`, which no ready call repeats.
   */
  given: Given;
  /** Names of all arguments that the tool takes. */
  takes: ReadonlySet<string>;
}

/** What the run of a tool may use. */
export interface CallContext<Given extends JsonObject = JsonObject> extends ToolContext {
  asked: AskedCall<Given>;
}

/**
 * How far a call is: upstream requests answered, or of something else with its total. Of one call the number
 * only grows.
 */
export type Progress = (done: number, of?: { total: number; what: string }) => void;

/** How far a call is, in words. */
export function progressText(...[done, of]: Parameters<Progress>): string {
  return of === undefined ? `${done} upstream requests answered` : `${done} of ${of.total} ${of.what}`;
}
