import { UserError } from '../../errors.js';
import { parseTime } from '../../query/time.js';
import { nextCall } from '../../report/next.js';
import { formatSelector } from '../../sources/selector.js';
import { formatTime } from '../../text/units.js';
import { recipe, type Step, type Times } from './recipe.js';

const HOUR = 3_600_000;
/**
 * Time after a deploy that is compared: long enough for caches to fill, short enough for nothing else to
 * happen.
 */
const AFTER = HOUR / 2;

interface Given {
  service: string;
  deployed_at: string | undefined;
  version: string | undefined;
  previous_version: string | undefined;
  profile_type: string | undefined;
  source: string | undefined;
}

export function text(given: Given, now: number): string {
  const { service, source, deployed_at: at, version, previous_version: previous } = given;
  const scope = { source, service };
  const profileType = given.profile_type ?? 'cpu';
  const deployed = at === undefined ? null : parseTime('deployed_at', at, now);
  if (deployed !== null && deployed >= now) {
    throw new UserError(
      `\`deployed_at\` (${formatTime(deployed)}) is not in the past.`,
      `The server's clock says ${formatTime(now)}.`,
    );
  }
  const window =
    deployed === null
      ? { from: formatTime(now - HOUR), to: formatTime(now) }
      : { from: formatTime(deployed), to: formatTime(Math.min(now, deployed + AFTER)) };
  const ofFunction = {
    call: nextCall('inspect_function', {
      ...scope,
      profile_type: profileType,
      ...window,
      function: 'FUNCTION',
    }),
    reading: ['For the first finding: callers, lines, share by version or pod. Stop here.'],
  };
  const versions = version === undefined || previous === undefined ? null : { version, previous };
  if (deployed === null && versions === null) {
    throw new UserError(
      'compare-deploys needs `deployed_at`, or `version` and `previous_version`.',
      'list_labels with `label` lists the values of a label; get_timeline with `group_by` shows since when.',
    );
  }
  return recipe(
    'Find what a deploy changed in the cost of the code.',
    versions === null
      ? [...byTime(scope, profileType, window), ofFunction]
      : [...byVersion(scope, profileType, window, versions, deployed), ofFunction],
    'verdict, functions that stand out (improvements, too) with share before -> after and interval, whether the new version carries it',
  );
}

type Scope = { source: string | undefined; service: string };

function byTime(scope: Scope, profileType: string, window: Times): Step[] {
  return [
    {
      call: { tool: 'investigate', arguments: { ...scope, ...window } },
      reading: [
        'All types against the time just before the deploy.',
        'code_regression, leak, contention: go on with 3 if finding 1 began at the deploy; earlier means another cause.',
        'load_increase: traffic, not code. moved: renamed code. no_change: the deploy changed nothing beyond noise. Stop.',
      ],
    },
    {
      call: { tool: 'compare_profiles', arguments: { ...scope, profile_type: profileType, ...window } },
      reading: [
        'For the movers of one type. improvement: code became cheaper. scaling: more instances only.',
      ],
    },
  ];
}

function byVersion(
  scope: Scope,
  profileType: string,
  window: Times,
  { version, previous }: { version: string; previous: string },
  deployed: number | null,
): Step[] {
  const versionSelector = (value: string) => formatSelector([{ name: 'version', op: '=', value }]);
  const baselineArgs =
    deployed === null
      ? {}
      : { baseline_from: formatTime(deployed - AFTER), baseline_to: formatTime(deployed) };
  return [
    {
      call: {
        tool: 'list_labels',
        arguments: {
          ...scope,
          label: 'version',
          from: baselineArgs.baseline_from ?? window.from,
          to: window.to,
        },
      },
      reading: [
        'Both must be listed. No such label: find the one that holds them with list_labels without label.',
      ],
    },
    {
      call: {
        tool: 'compare_profiles',
        arguments: {
          ...scope,
          profile_type: profileType,
          ...window,
          selector: versionSelector(version),
          baseline_selector: versionSelector(previous),
          ...baselineArgs,
        },
      },
      reading: [
        'code_regression, leak, contention: go on with 3. improvement: code became cheaper.',
        'load_increase, scaling: not the code. no_change: nothing beyond noise. Stop.',
        'One side empty: give each side its own window.',
      ],
    },
  ];
}
