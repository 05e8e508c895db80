import { TOOLS } from '../../dist/tools/index.js';

/** Tools that a platform allows first, and those that find names, by what they are for. */
const GROUPS = {
  answers: [
    'investigate',
    'compare_profiles',
    'summarize_profile',
    'inspect_function',
    'get_timeline',
    'query_profile',
  ],
  'finds names': [
    'list_services',
    'list_profile_types',
    'list_labels',
    'find_query_patterns',
    'list_data_sources',
  ],
};

/** Tools in the order in which they are explained: those that answer first. */
export const ORDERED_TOOLS = Object.values(GROUPS).flatMap((names) =>
  names.flatMap((name) => TOOLS.find((tool) => tool.name === name) ?? []),
);

/** First sentences of a description that fit into a list of tools. */
export function shorten(description) {
  const [first = ''] = description.split(/(?<=[.?!]) /);
  return first;
}

/**
 * A page with the table of the tools that may be allowed.
 * @throws Error when a tool is in no group
 */
export function withToolGroups(page) {
  const grouped = Object.values(GROUPS).flat();
  const missing = TOOLS.filter(({ name }) => !grouped.includes(name));
  if (missing.length > 0) {
    throw new Error(
      `scripts/pages/tool-groups.mjs: put ${missing.map(({ name }) => name).join(', ')} into a group.`,
    );
  }
  const rows = Object.entries(GROUPS).flatMap(([group, names]) =>
    names.map((name) => {
      const tool = TOOLS.find((candidate) => candidate.name === name);
      return `| \`${name}\` | ${group} | ${shorten(tool?.description ?? '').replaceAll('|', '\\|')} |`;
    }),
  );
  return page.replace(
    /<!-- tools -->[\s\S]*?<!-- end -->/,
    () =>
      `<!-- tools -->\n| tool | group | what it tells |\n| --- | --- | --- |\n${rows.join('\n')}\n<!-- end -->`,
  );
}
