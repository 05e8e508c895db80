import { defaultProfileType, orderTypes } from '../profile/types/types.js';
import { overviewLinkTo } from '../query/link.js';
import { readListQuestion } from '../query/list-scope.js';
import { answerWithoutData } from '../query/profile-question.js';
import { readKnownShares } from '../query/totals.js';
import { servicesAnswer } from '../report/answers/lists.js';
import { withLink } from '../report/links.js';
import type { Run } from './define.js';
import type { input } from './surface/list_services.js';

export const run: Run<typeof input> = async (args, context) => {
  const question = await readListQuestion(args, context);
  const { source, matchers, window, scope } = question;
  const pairs = await context.getSchema(source).servicesAndTypes(matchers, window, context.signal);
  const typesOf = new Map<string, string[]>();
  for (const { service_name: service, __profile_type__: type } of pairs) {
    if (service === undefined || type === undefined) continue;
    const known = typesOf.get(service);
    if (known === undefined) typesOf.set(service, [type]);
    else known.push(type);
  }
  if (typesOf.size === 0) return answerWithoutData(question.request, question.window, context);
  const weighedBy = defaultProfileType([...typesOf.values()].flat());
  const { shares, notes } = await readKnownShares('service_name', weighedBy, question, context);
  const rows = [...typesOf].map(([name, ids]) => ({
    name,
    types: orderTypes(ids),
    share: shares?.get(name) ?? null,
  }));
  rows.sort((a, b) => (b.share ?? -1) - (a.share ?? -1) || (a.name < b.name ? -1 : 1));
  const answer = servicesAnswer(rows, shares === null ? null : weighedBy, {
    ...scope,
    notes: [...scope.notes, ...notes],
  });
  return withLink(answer, overviewLinkTo(source, { matchers, window }));
};
