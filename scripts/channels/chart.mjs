import { OPTIONS } from '../../dist/config/options.js';

/** Settings that the chart makes from values of its own. */
const BY_CHART = [
  'http',
  'allowedHosts',
  'shutdownGrace',
  'httpTokenFile',
  'grafanaUrl',
  'grafanaTokenFile',
  'enabledSources',
  'pyroscopeUrl',
];

const object = (properties) => ({ type: 'object', additionalProperties: false, properties });
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const whole = { type: 'integer', minimum: 0 };
const free = { type: 'object' };

/**
 * Writes values.schema.json, with which helm refuses a value that the chart does not know, a setting that the
 * server does not know, and a secret among the settings that everybody can read.
 */
export function valuesSchema() {
  const settings = Object.entries(OPTIONS).filter(
    ([name, { env, command }]) => env !== null && command === undefined && !BY_CHART.includes(name),
  );
  const names = (isSecret) =>
    settings.filter(([, option]) => (option.isSecret === true) === isSecret).map(([, { env }]) => env);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...object({
      replicaCount: { type: 'integer', minimum: 1 },
      image: object({
        repository: text,
        tag: text,
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: { type: 'array', items: free },
      hosts: texts,
      grafana: object({ url: text, enabledSources: texts }),
      pyroscope: object({ url: text }),
      secrets: object({ existing: text, tokens: text, grafanaToken: text }),
      env: { type: 'object', propertyNames: { enum: names(false) } },
      secretEnv: {
        type: 'object',
        propertyNames: { enum: settings.map(([, { env }]) => env) },
        additionalProperties: { ...object({ secret: text, key: text }), required: ['secret', 'key'] },
      },
      redis: object({
        url: text,
        enabled: { type: 'boolean' },
        image: text,
        maxMemory: text,
        resources: free,
      }),
      service: object({ type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] }, port: whole }),
      ingress: object({
        enabled: { type: 'boolean' },
        className: text,
        annotations: free,
        tlsSecret: text,
      }),
      networkPolicy: object({
        enabled: { type: 'boolean' },
        ingressFrom: { type: 'array', items: free },
        egressPorts: { type: 'array', items: whole },
      }),
      podDisruptionBudget: object({
        enabled: { type: 'boolean' },
        maxUnavailable: { type: ['integer', 'string'] },
      }),
      preStopSeconds: whole,
      shutdownGraceSeconds: { ...whole, minimum: 1 },
      resources: free,
      podAnnotations: free,
      podLabels: free,
      nodeSelector: free,
      tolerations: { type: 'array', items: free },
      affinity: free,
      // Charts that depend on this one set it.
      global: free,
    }),
  };
}
