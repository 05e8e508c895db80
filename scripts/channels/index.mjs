import { readFileSync } from 'node:fs';
import { inputJsonSchema } from '../../dist/mcp/input-schema.js';
import { GUIDE } from '../../dist/mcp/prompts/guide.js';
import { TOOLS } from '../../dist/tools/index.js';
import { valuesSchema } from './chart.mjs';
import { claudeMarketplace, claudePlugin, SKILL, skillPage } from './claude-code.mjs';
import { catalogueEntry, catalogueTools } from './docker-catalogue.mjs';
import { geminiExtension } from './gemini.mjs';
import { buttonSvg, iconSvg } from './icon.mjs';
import { cursorLink, gooseLink, vsCodeLink } from './links.mjs';
import { mcpbManifest } from './mcpb.mjs';
import { readProject, repositoryFields } from './project.mjs';
import { serverJson } from './server-json.mjs';

/** Places of the icon as PNG; the plugin is installed without the rest of the repository. */
export const ICON_FILES = ['docs/pictures/icon.png', 'channels/claude-code/.claude-plugin/icon.png'];
/** When an agent should load the skill. */
const SKILL_USE =
  'How to find the code behind a CPU, memory, latency or goroutine problem with the tools of the MCP server pyroscope (continuous profiles of Grafana Pyroscope): which tool and profile type to begin with, how to read a verdict, when to stop. Use it for an incident, an alert, a slow or expensive service, a memory leak, or a deploy to be judged.';

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** package.json with the fields that follow from the owner. */
function packageJson(project) {
  const { homepage, bugs, repository } = repositoryFields(project);
  const present = JSON.parse(read('package.json'));
  const { mcpName } = present;
  const entries = Object.entries(present).filter(
    ([key]) => !['homepage', 'bugs', 'repository'].includes(key),
  );
  const at = entries.findIndex(([key]) => key === 'mcpName') + 1;
  entries.splice(at, 0, ...Object.entries({ homepage, bugs, repository }));
  return json({ ...Object.fromEntries(entries), mcpName });
}

/** A file in which one line per pattern carries a name or a version. */
function replaceAll(name, replacements) {
  return replacements.reduce((text, [pattern, value]) => {
    if (!pattern.test(text)) throw new Error(`${name} has no line like ${pattern}`);
    return text.replace(pattern, (_line, head) => `${head}${value}`);
  }, read(name));
}

/** Every file by which a channel knows the project: `[path, text]`. */
export function listChannelFiles() {
  const project = readProject();
  const tools = TOOLS.map((tool) => ({
    name: tool.name,
    description: tool.description,
    properties: inputJsonSchema(tool).properties,
  }));
  const { engines, bin } = JSON.parse(read('package.json'));
  const program = bin[project.name];
  return [
    ['package.json', packageJson(project)],
    ['server.json', json(serverJson(project))],
    ['channels/mcpb/manifest.json', json(mcpbManifest(project, { tools, program, nodeRange: engines.node }))],
    ['.claude-plugin/marketplace.json', json(claudeMarketplace(project))],
    ['channels/claude-code/.claude-plugin/plugin.json', json(claudePlugin(project))],
    [`channels/claude-code/skills/${SKILL}/SKILL.md`, skillPage(GUIDE, SKILL_USE)],
    ['gemini-extension.json', json(geminiExtension(project))],
    ['channels/docker-catalogue/server.yaml', catalogueEntry(project)],
    ['channels/docker-catalogue/tools.json', json(catalogueTools(tools))],
    [
      'Dockerfile',
      replaceAll('Dockerfile', [
        [/^(LABEL io\.modelcontextprotocol\.server\.name=).*$/m, `"${project.mcpName}"`],
      ]),
    ],
    [
      'charts/pyroscope-mcp/Chart.yaml',
      replaceAll('charts/pyroscope-mcp/Chart.yaml', [
        [/^(version: ).*$/m, project.version],
        [/^(appVersion: ).*$/m, `"${project.version}"`],
        [/^(icon: ).*$/m, `${project.icon}.png`],
      ]),
    ],
    [
      'charts/pyroscope-mcp/values.yaml',
      replaceAll('charts/pyroscope-mcp/values.yaml', [[/^( {2}repository: ).*$/m, project.image]]),
    ],
    [
      'charts/pyroscope-mcp/templates/NOTES.txt',
      replaceAll('charts/pyroscope-mcp/templates/NOTES.txt', [[/( -- node \/app\/)\S+(?= doctor)/, program]]),
    ],
    ['charts/pyroscope-mcp/values.schema.json', json(valuesSchema())],
    ['docs/pictures/icon.svg', iconSvg()],
    ['docs/pictures/button-cursor.svg', buttonSvg('Add to Cursor')],
    ['docs/pictures/button-vscode.svg', buttonSvg('Add to VS Code')],
  ];
}

/** Table of the clients that take a package instead of a button. */
function channelTable({ name, mcpName, version, owner, repository }) {
  const rows = [
    [
      'Claude Code',
      `\`claude plugin marketplace add ${owner}/${name}\`, then \`claude plugin install pyroscope@${name}\`: the server and a skill made from [the guide](how-to-investigate.md); in a clone, \`claude plugin marketplace add .\``,
    ],
    [
      'Claude Desktop',
      `open \`${name}-${version}.mcpb\`, which is attached to each release; in a clone, \`npm run mcpb\` makes it`,
    ],
    [
      'Gemini CLI',
      `\`gemini extensions install ${repository}\`; in a clone, \`gemini extensions install .\``,
    ],
    [
      "Docker's MCP toolkit",
      `the entry in [channels/docker-catalogue](../../channels/docker-catalogue/server.yaml)`,
    ],
    ['clients of the MCP registry', `\`${mcpName}\` ([server.json](../../server.json))`],
  ];
  return ['| client | how |', '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

/** A page with the buttons that install the server, between its marks. */
export function withButtons(page, pictures) {
  const cursor = `[![Add to Cursor](${pictures}/button-cursor.svg)](${cursorLink()})`;
  const vsCode = `[![Add to VS Code](${pictures}/button-vscode.svg)](${vsCodeLink()})`;
  return page
    .replace(
      /<!-- buttons -->[\s\S]*?<!-- end -->/,
      () => `<!-- buttons -->\n${cursor}\n${vsCode}\n<!-- end -->`,
    )
    .replace(
      /<!-- channels -->[\s\S]*?<!-- end -->/,
      () => `<!-- channels -->\n${channelTable(readProject())}\n<!-- end -->`,
    )
    .replace(
      /<!-- goose -->[\s\S]*?<!-- end -->/,
      () => `<!-- goose -->\n\`\`\`text\n${gooseLink(readProject())}\n\`\`\`\n<!-- end -->`,
    );
}
