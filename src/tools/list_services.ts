import { z } from 'zod';
import { defaultProfileType, orderTypes } from '../profile/types.js';
import { servicesAnswer } from '../report/lists.js';
import { formatArgument, listArguments } from './arguments.js';
import { defineTool } from './define.js';
import { explainEmptyList, readListQuestion } from './list-scope.js';
import { totalsByLabel } from './totals.js';

export const listServices = defineTool({
  name: 'list_services',
  title: 'Services',
  description:
    'Names of the services that sent profiles, heaviest first, with the profile types each emits. ' +
    'Use it when the exact service name is unknown.',
  input: z.strictObject({ ...listArguments, format: formatArgument }),
  async run(args, context) {
    const question = await readListQuestion(args, context);
    const { source, matchers, window, scope } = question;
    const pairs = await context.schemaOf(source).servicesAndTypes(matchers, window, context.signal);
    const typesOf = new Map<string, string[]>();
    for (const { service_name: service, __profile_type__: type } of pairs) {
      if (service === undefined || type === undefined) continue;
      const known = typesOf.get(service);
      if (known === undefined) typesOf.set(service, [type]);
      else known.push(type);
    }
    if (typesOf.size === 0) return explainEmptyList('list_services', args, question, context);
    const weighedBy = defaultProfileType([...typesOf.values()].flat());
    const totals = await totalsByLabel('service_name', weighedBy, question, context);
    const rows = [...typesOf].map(([name, ids]) => ({
      name,
      types: orderTypes(ids),
      share: totals.get(name) ?? null,
    }));
    rows.sort((a, b) => (b.share ?? -1) - (a.share ?? -1) || (a.name < b.name ? -1 : 1));
    return servicesAnswer(rows, weighedBy, scope);
  },
});
