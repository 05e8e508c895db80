const STDIO = { command: 'npx', args: ['-y', 'pyroscope-mcp'] };
const EXAMPLE = { GRAFANA_URL: 'https://grafana.example.com' };

/** Link that opens Cursor with the server filled in; the person replaces the example values there. */
export function cursorLink() {
  const config = { ...STDIO, env: { ...EXAMPLE, GRAFANA_SERVICE_ACCOUNT_TOKEN: 'glsa_YOUR_TOKEN' } };
  const query = new URLSearchParams({
    name: 'pyroscope',
    config: Buffer.from(JSON.stringify(config)).toString('base64'),
  });
  return `https://cursor.com/en/install-mcp?${query}`;
}

/** Link that opens VS Code, which asks for the address and keeps the token as a secret. */
export function vsCodeLink() {
  const inputs = [
    { type: 'promptString', id: 'grafana-url', description: 'Address of your Grafana' },
    {
      type: 'promptString',
      id: 'grafana-token',
      description: 'Grafana service account token',
      password: true,
    },
  ];
  const config = {
    type: 'stdio',
    ...STDIO,
    env: {
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: VS Code fills them in
      GRAFANA_URL: '${input:grafana-url}',
      GRAFANA_SERVICE_ACCOUNT_TOKEN: '${input:grafana-token}',
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: VS Code fills them in
    },
  };
  // The receiver decodes percent signs only, so a blank must not become "+".
  const query = Object.entries({ name: 'pyroscope', inputs, config }).map(
    ([key, value]) =>
      `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return `https://vscode.dev/redirect/mcp/install?${query.join('&')}`;
}

/** Link that opens Goose, which asks for each variable that the link names. */
export function gooseLink({ title, summary }) {
  const query = [
    ['cmd', STDIO.command],
    ...STDIO.args.map((argument) => ['arg', argument]),
    ['id', 'pyroscope'],
    ['name', title],
    ['description', summary],
    ['env', 'GRAFANA_URL=Address of your Grafana'],
    ['env', 'GRAFANA_SERVICE_ACCOUNT_TOKEN=Grafana service account token'],
  ].map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `goose://extension?${query.join('&')}`;
}
