import { UserError } from '../errors.js';
import { listAliases } from '../profile/types/types.js';
import type { ToolContext } from '../query/context.js';
import { findType } from '../query/existing-type.js';
import { overviewLinkTo } from '../query/link.js';
import { type ListQuestion, readListQuestion } from '../query/list-scope.js';
import { answerWithoutData } from '../query/profile-question.js';
import { readKnownShares } from '../query/totals.js';
import { labelsAnswer, labelValuesAnswer } from '../report/answers/lists.js';
import { withLink } from '../report/links.js';
import { findNearest } from '../text/nearest.js';
import type { Run } from './define.js';
import type { input } from './surface/list_labels.js';

/** Labels whose values are counted; each costs one request, cached. */
const MAX_COUNTED = 40;

export const run: Run<typeof input> = async (args, context) => {
  const question = await readListQuestion(args, context);
  const names = await context
    .getSchema(question.source)
    .labelNames(question.matchers, question.window, context.signal);
  if (names.length === 0) return answerWithoutData(question.request, question.window, context);
  const link = overviewLinkTo(question.source, question, 'labels');
  if (args.label === undefined)
    return withLink(labelsAnswer(await countValues(names, question, context), question.scope), link);
  const { label } = args;
  const known = names.includes(label)
    ? names
    : await context
        .getSchema(question.source)
        .fresh.labelNames(question.matchers, question.window, context.signal);
  return withLink(await listValues(label, known, args.profile_type, args.limit, question, context), link);
};

function whose({ matchers, scope, source }: ListQuestion): string {
  return matchers.length === 0 ? `in source ${JSON.stringify(source.name)}` : `on ${scope.selector}`;
}

async function countValues(names: readonly string[], question: ListQuestion, context: ToolContext) {
  const schema = context.getSchema(question.source);
  return Promise.all(
    names.map(async (name, index) => ({
      name,
      values:
        index < MAX_COUNTED
          ? (await schema.labelValues(name, question.matchers, question.window, context.signal)).length
          : null,
    })),
  );
}

async function listValues(
  label: string,
  names: readonly string[],
  profileType: string | undefined,
  limit: number,
  question: ListQuestion,
  context: ToolContext,
) {
  const { source, matchers, window, scope } = question;
  const schema = context.getSchema(source);
  if (!names.includes(label)) {
    const like = findNearest(label, names);
    throw new UserError(
      `There is no label ${JSON.stringify(label)} ${whose(question)}.`,
      `${like.length > 0 ? `Did you mean ${like.join(' or ')}? ` : ''}Labels: ${names.slice(0, 30).join(', ')}.`,
    );
  }
  const labelValues = await schema.labelValues(label, matchers, window, context.signal);
  const { type, typeIds } = await findType(profileType ?? null, schema, { matchers, window }, context.signal);
  if (type === null && profileType !== undefined) {
    throw new UserError(
      `No profile type ${JSON.stringify(profileType)} is present ${whose(question)}.`,
      `Present: ${listAliases(typeIds).join(', ')}.`,
    );
  }
  const { shares, notes } = await readKnownShares(label, type, question, context);
  const rows = labelValues.map((value) => ({ value, share: shares?.get(value) ?? null }));
  rows.sort((a, b) => (b.share ?? -1) - (a.share ?? -1) || (a.value < b.value ? -1 : 1));
  return labelValuesAnswer(label, rows, shares === null ? null : type, limit, {
    ...scope,
    notes: [...scope.notes, ...notes],
  });
}
