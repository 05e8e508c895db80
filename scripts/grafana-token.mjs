// Prints a new Viewer token of the Grafana that compose.yaml starts: service accounts cannot be provisioned
// by a file.
const url = (process.env.GRAFANA_TEST_URL ?? 'http://127.0.0.1:3000').replace(/\/+$/, '');
const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
const NAME = 'pyroscope-mcp-test';

async function ask(path, body) {
  const response = await fetch(`${url}/api/serviceaccounts${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${response.status} for ${path}`);
  return response.json();
}

try {
  const { serviceAccounts } = await ask(`/search?query=${NAME}`);
  const known = serviceAccounts.find(({ name }) => name === NAME);
  const { id } = known ?? (await ask('', { name: NAME, role: 'Viewer' }));
  const { key } = await ask(`/${id}/tokens`, { name: `${NAME}-${Date.now()}`, secondsToLive: 86_400 });
  process.stdout.write(`${key}\n`);
} catch (error) {
  process.stderr.write(`No token from ${url}: ${error.message}. Is it up (docker compose up -d)?\n`);
  process.exit(1);
}
