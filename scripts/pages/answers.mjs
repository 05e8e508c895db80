import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../fixtures/demo', import.meta.url));
const CALL = /<!-- call: (\w+) (\{.*\}) -->\n[\s\S]*?<!-- end -->/g;

/**
 * Puts into a page what the built program answers about the demo incident, after each `<!-- call: TOOL JSON
 * -->`.
 * @throws when an answer is an error
 */
export function withAnswers(page) {
  return page.replace(CALL, (_, tool, json) => {
    const answer = execFileSync(process.execPath, [MAIN, '--profiles', DEMO, 'call', tool, json], {
      encoding: 'utf8',
      // Nothing of the writer's own configuration.
      env: { PATH: process.env.PATH, PYROSCOPE_MCP_CACHE_DIR: 'none' },
    });
    return `<!-- call: ${tool} ${json} -->\n\`\`\`text\n> ${tool} ${json}\n${answer.trimEnd()}\n\`\`\`\n<!-- end -->`;
  });
}
