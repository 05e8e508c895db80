import type { Answer } from '../render.js';
import { changeFlame, profileFlame } from './flame.js';
import type { Course, Flame, Picture } from './format.js';
import type { ChangeMaterial, PictureMaterial, ProfileMaterial } from './material.js';

/** Nodes of a flame graph: more than an eye tells apart, and few enough for a page and a chat. */
export const MAX_FLAME_NODES = 10_000;

/** Materials that flame graphs are made of. */
export type FlameMaterial = ProfileMaterial | ChangeMaterial;

/** Draws the flame graphs of an answer. Heavy for large profiles. */
export function drawFlames(materials: readonly FlameMaterial[], limit: number = MAX_FLAME_NODES): Flame[] {
  // Several findings share the room of one graph, so that an answer stays about as large.
  const each = Math.ceil(limit / Math.max(1, materials.length));
  return materials.map((material) =>
    material.kind === 'profile' ? profileFlame(material, each) : changeFlame(material, each),
  );
}

/** The materials by what is made of them. */
export function sortMaterials(materials: readonly PictureMaterial[]): {
  flames: FlameMaterial[];
  courses: Course[];
} {
  return {
    flames: materials.filter((material) => material.kind !== 'course'),
    courses: materials.flatMap((material) => (material.kind === 'course' ? [material.course] : [])),
  };
}

/** Everything that a page shows of an answer. */
export function buildPicture(
  { product, asked, text, answer }: Pick<Picture, 'product' | 'asked' | 'text'> & { answer: Answer },
  flames: readonly Flame[],
  courses: readonly Course[],
): Picture {
  return { version: 1, product, asked, text, data: answer.data, flames, courses };
}
