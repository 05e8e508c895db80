import { orderTypes } from '../profile/types/types.js';
import { overviewLinkTo } from '../query/link.js';
import { readListQuestion } from '../query/list-scope.js';
import { answerWithoutData } from '../query/profile-question.js';
import { profileTypesAnswer } from '../report/answers/lists.js';
import { withLink } from '../report/links.js';
import type { Run } from './define.js';
import type { input } from './surface/list_profile_types.js';

export const run: Run<typeof input> = async (args, context) => {
  const question = await readListQuestion(args, context);
  const { source, matchers, window, scope } = question;
  const pairs = await context.getSchema(source).servicesAndTypes(matchers, window, context.signal);
  if (pairs.length === 0) return answerWithoutData(question.request, question.window, context);
  const ids = pairs.flatMap((pair) => pair.__profile_type__ ?? []);
  const rows = orderTypes(ids).map((type) => ({
    type,
    services: new Set(
      pairs.filter((pair) => pair.__profile_type__ === type.id).map((pair) => pair.service_name),
    ).size,
  }));
  return withLink(profileTypesAnswer(rows, scope), overviewLinkTo(source, { matchers, window }));
};
