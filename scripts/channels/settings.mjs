import { ASKED } from '../../dist/config/asked.js';
import { OPTIONS } from '../../dist/config/options.js';

/** Settings of a short form: a Grafana or a Pyroscope or a folder is enough to begin. */
const ESSENTIAL = [
  'grafanaUrl',
  'grafanaToken',
  'enabledSources',
  'pyroscopeUrl',
  'pyroscopeToken',
  'pyroscopeTenant',
  'profiles',
];
const EXAMPLES = {
  grafanaUrl: 'https://grafana.example.com',
  grafanaToken: 'glsa_…',
  pyroscopeUrl: 'http://127.0.0.1:4040',
};

/** Everything that a channel may ask for, in the order of the table. */
export function listSettings() {
  return Object.entries(ASKED).map(([option, title]) => {
    const { env, help, value, default: preset, isSecret } = OPTIONS[option];
    return {
      title,
      env,
      description: `${help[0].toUpperCase()}${help.slice(1)}`,
      kind: value === 'DIR' ? 'directory' : value === 'FILE' ? 'file' : 'text',
      isSecret: isSecret === true,
      isEssential: ESSENTIAL.includes(option),
      ...(preset === undefined ? {} : { preset }),
      ...(option in EXAMPLES ? { example: EXAMPLES[option] } : {}),
    };
  });
}

/** Settings that a dialog asks for; the rest can be given as variables. */
export function listEssentials() {
  return listSettings().filter(({ isEssential }) => isEssential);
}

/** Key of a setting in the dialogs of bundles and plugins. */
export function toKey({ env }) {
  return env.toLowerCase();
}
