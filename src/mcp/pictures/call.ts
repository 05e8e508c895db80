import { offload } from '../../offload.js';
import type { Progress, ToolContext } from '../../query/context.js';
import type { Picture } from '../../report/picture/format.js';
import type { PictureMaterial } from '../../report/picture/material.js';
import { buildPicture, type FlameMaterial, sortMaterials } from '../../report/picture/picture.js';
import type { JsonObject } from '../../report/render.js';
import { createRedactor } from '../../telemetry/redact.js';
import { isLink } from '../../text/link.js';
import type { Tool } from '../../tools/define.js';
import { PACKAGE } from '../../version.js';
import { isHeavyWork } from '../../work/offload.js';
import { answerCall, type CallEnvironment, type CallFailure, runCall } from '../call.js';

/** Links may hold credentials, and a picture is passed on. */
const redact = createRedactor(() => []);

/**
 * Runs a call as every other and draws the picture of its answer within it: the same checks, deadline,
 * requests, log and text.
 *
 * @throws the reason of the caller's signal, when it aborted, and nothing else
 */
export async function callWithPicture(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  environment: CallEnvironment,
  callerSignal: AbortSignal,
  progress?: Progress,
): Promise<{ picture: Picture } | CallFailure> {
  const work = async (context: ToolContext) => {
    const materials: PictureMaterial[] = [];
    const pictures = { add: (material: PictureMaterial) => void materials.push(material) };
    const { answer, text } = await answerCall(tool, args, { ...context, pictures });
    const { flames, courses } = sortMaterials(materials);
    const drawn = await offload('flames', [flames], {
      isHeavy: isHeavyWork(...flames.flatMap(listProfiles)),
      signal: context.signal,
    });
    const product = `${PACKAGE.name} ${PACKAGE.version}`;
    const at = new Date(context.now()).toISOString();
    const asked = { tool: tool.name, arguments: withoutSecrets(args), at };
    const picture = buildPicture({ product, asked, text, answer }, drawn, courses);
    return { value: picture, bytes: Buffer.byteLength(text) };
  };
  const call = { name: tool.name, arguments: args, work };
  const result = await runCall(call, environment, callerSignal, progress);
  return 'value' in result ? { picture: result.value } : result;
}

/** The arguments of a call, whose links hold no credentials any more. */
function withoutSecrets(args: Readonly<Record<string, unknown>>): JsonObject {
  const entries = Object.entries(args).map(([name, value]) => [
    name,
    typeof value === 'string' && isLink(value) ? redact(value) : value,
  ]);
  // Checked by the call: they are texts and numbers.
  return Object.fromEntries(entries) as JsonObject;
}

function listProfiles(material: FlameMaterial) {
  if (material.kind === 'profile') return [material.measured.active];
  const { joined, before, after } = material.sides;
  return [...before.parts, ...after.parts].flatMap((part) => joined.parts[part]?.profile ?? []);
}
