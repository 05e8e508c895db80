import { listEssentials } from './settings.mjs';

/** Writes the extension of Gemini CLI, which asks for the settings when it is installed. */
export function geminiExtension({ name, version, summary, command }) {
  const settings = listEssentials();
  return {
    name,
    version,
    description: summary,
    mcpServers: {
      pyroscope: {
        ...command,
        env: Object.fromEntries(settings.map(({ env }) => [env, `\${${env}}`])),
      },
    },
    settings: settings.map(({ title, description, env, isSecret }) => ({
      name: title,
      description,
      envVar: env,
      sensitive: isSecret,
    })),
  };
}
