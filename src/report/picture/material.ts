import type { NamedFunction } from '../../profile/code/named-function.js';
import type { Contrast } from '../../profile/contrast/contrast.js';
import type { Measurement } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import type { Course } from './format.js';

/** A single profile, as a summary or a view of it shows it. */
export interface ProfileMaterial {
  kind: 'profile';
  measured: Measurement;
  /** Patterns that choose among its stacks. */
  filter: { focus?: string; ignore?: string };
  /** Sentence about what was filtered; '' for nothing. */
  of: string;
}

/** Two sides of one profile type. */
export interface ChangeMaterial {
  kind: 'change';
  type: ProfileType;
  /** Without a quantum and a dispersion, growth is told by amounts: levels and waits. */
  sides: Pick<Contrast, 'joined' | 'before' | 'after'> & Partial<Pick<Contrast, 'quantum' | 'dispersion'>>;
  /** Smallest distance from noise of a change, in standard errors. */
  gate: number;
  windows: { before: { from: number; to: number }; after: { from: number; to: number } };
  of: string;
  /** The finding, where there is one: its function and the path to it, entry point first. */
  finding: { fn: NamedFunction | null; path: readonly NamedFunction[]; at: number } | null;
}

/** Cost over time. */
export interface CourseMaterial {
  kind: 'course';
  course: Course;
}

/** Data that pictures are drawn from. A tool hands over the numbers that its answer is made of. */
export type PictureMaterial = ProfileMaterial | ChangeMaterial | CourseMaterial;

/** Collects the materials of an answer. */
export interface PictureSink {
  add(material: PictureMaterial): void;
}
