import { STORE_KEYS } from '../../dist/config/file/store-keys.js';
import { OPTIONS } from '../../dist/config/options.js';

/** The example of the page; a test reads it as a configuration. */
const EXAMPLE = `# A comment. Top-level keys are flags without their dashes.
http: 0.0.0.0:8080
http-token-file: /run/secrets/mcp-tokens
call-timeout: 60

stores:
  prod: # its data sources are called prod/NAME
    grafana: https://grafana.example.com
    token: { file: /run/secrets/grafana-prod } # read again with every request
    enabled-sources: [ceh4rzkpnmy9sd]
  team-b: # the same Grafana, another organisation
    grafana: https://grafana.example.com
    token: \${GRAFANA_TEAM_B_TOKEN}
    org-id: 2
  edge:
    pyroscope: http://pyroscope.edge.internal:4040
    tenant-id: edge
    username: reader
    password: { env: EDGE_PASSWORD }
  incident-4711:
    profiles: ./incident-4711 # relative to this file
`;

/** The section about the configuration file. */
export function configFileSection() {
  const rows = [...STORE_KEYS].flatMap(([kind, { keys }]) =>
    [...keys].map(([key, option]) => `| ${kind} | \`${key}\` | \`--${OPTIONS[option].flag}\` |`),
  );
  return `## Configuration file

\`--config FILE\` names a YAML file. Its top-level keys are the flags above without their dashes; a flag wins
over a variable, and a variable over the file. \`stores\` names several Grafanas, Pyroscopes and directories
for one server:

\`\`\`yaml
${EXAMPLE}\`\`\`

- **Names.** A data source of the store \`prod\` is called \`prod/NAME\`, and its uid is \`prod/UID\`:
  \`source: "prod/Pyroscope"\`, \`pyroscope-mcp sources enable prod/ceh4rzkpnmy9sd\`. A Pyroscope or a directory
  is called as its store. A name without its store is taken where only one store has it, and the name of a
  store alone means its default data source. A call without \`source\` means the first store with an enabled
  data source; where that store does not answer, the call fails and says so. Other stores go on.
- **Secrets** do not stand in the file: it is refused with one. Write \`\${NAME}\` or \`{env: NAME}\` for a
  variable, \`{file: PATH}\` for a file. The file of a Grafana token is read again with every request, every
  other one when the server starts. \`\${NAME}\` may stand in any value, \`$\${\` is written for \`\${\` itself.
- **Paths** count from the directory of the file.
- **Flags and variables of a single store** (\`--grafana-url\`, \`GRAFANA_URL\` and the like) are refused next to
  \`stores\`, since it would not be clear what they mean. A variable may stay where the file refers to it.
- **Enabled data sources** belong to the address and organisation of a Grafana, not to the name of a store: a
  store may be renamed. \`enabled-sources\` of a store decides for that store alone.
- YAML 1.2 without aliases, tags and second documents, up to 256 KiB. An error names file, line and key.

Keys of a store, with the flags that mean the same. The first key of a kind is the one that it needs.

| kind | key | as the flag |
| --- | --- | --- |
${rows.join('\n')}
`;
}
