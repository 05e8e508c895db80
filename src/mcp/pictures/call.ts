import { offload } from '../../offload.js';
import type { Progress } from '../../query/context.js';
import type { Picture } from '../../report/picture/format.js';
import type { PictureMaterial } from '../../report/picture/material.js';
import { buildPicture, type FlameMaterial, sortMaterials } from '../../report/picture/picture.js';
import type { JsonObject } from '../../report/render.js';
import type { Tool } from '../../tools/define.js';
import { PACKAGE } from '../../version.js';
import { isHeavyWork } from '../../work/offload.js';
import { type CallEnvironment, type CallResult, callTool } from '../call.js';

/** A call's result with the picture of its answer; null where the call failed. */
export interface PicturedResult extends CallResult {
  picture: Picture | null;
}

/**
 * Runs a call as every other and collects on the way what a picture of its answer needs: the same checks,
 * deadline, requests and text.
 */
export async function callWithPicture(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  environment: CallEnvironment,
  callerSignal: AbortSignal,
  progress?: Progress,
): Promise<PicturedResult> {
  const materials: PictureMaterial[] = [];
  const pictures = { add: (material: PictureMaterial) => void materials.push(material) };
  const { context } = environment;
  const result = await callTool(
    tool,
    args,
    { ...environment, context: { ...context, pictures } },
    callerSignal,
    progress,
  );
  const { answer, text } = result;
  if (answer === undefined) return { ...result, picture: null };
  const { flames, courses } = sortMaterials(materials);
  const drawn = await offload('flames', [flames], {
    isHeavy: isHeavyWork(...flames.flatMap(listProfiles)),
    signal: callerSignal,
  });
  const product = `${PACKAGE.name} ${PACKAGE.version}`;
  // Checked by the call: they are texts and numbers.
  const asked = { tool: tool.name, arguments: args as JsonObject, at: new Date(context.now()).toISOString() };
  return { ...result, picture: buildPicture({ product, asked, text, answer }, drawn, courses) };
}

function listProfiles(material: FlameMaterial) {
  if (material.kind === 'profile') return [material.measured.active];
  const { joined, before, after } = material.sides;
  return [...before.parts, ...after.parts].flatMap((part) => joined.parts[part]?.profile ?? []);
}
