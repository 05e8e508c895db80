import { chain } from '../frame.js';
import { capitalised, type Language, type Project } from './language.js';

const ROOTS = ['/srv/app', '/usr/src/app/dist', '/app/packages'];
const findRoot = ({ variant, domain }: Project) => `${ROOTS[variant % ROOTS.length]}/${domain}`;
const express = (name: string, file: string, line: number) =>
  `${name} @ /srv/app/node_modules/express/lib/${file}:${line}`;

/** Names as V8 gives them: bare function names, native builtins without a file. */
export const node: Language = {
  name: 'node',
  entries: [
    chain(`onconnectionParser @ node:_http_server:712
      parserOnIncoming @ node:_http_server:1019
      emit @ node:events:471`),
    chain('processTicksAndRejections @ node:internal/process/task_queues:67'),
  ],
  middleware: (project) => [
    chain(`${express('handle', 'router/index.js', 136)}\n${express('next', 'router/index.js', 177)}`),
    chain(`(anonymous) @ ${findRoot(project)}/server.js:31\n${express('next', 'router/index.js', 177)}`),
    chain(
      `requestLogger @ ${findRoot(project)}/middleware/logging.js:12\n${express('next', 'router/index.js', 177)}`,
    ),
    chain(
      'patched @ /srv/app/node_modules/@opentelemetry/instrumentation-express/build/src/instrumentation.js:88',
    ),
    chain(`asyncRoute @ ${findRoot(project)}/middleware/async-route.js:4`),
  ],
  app: (project, { area, noun, verb, startLine }) => ({
    name: `${verb}${capitalised(area)}${noun}`,
    file: `${findRoot(project)}/${area}/${noun.toLowerCase()}.js`,
    startLine,
    isSymbolised: true,
  }),
  renamed: (fn) => ({ ...fn, name: `${fn.name}Batch`, startLine: fn.startLine + 12 }),
  libraries: [
    chain('parse'),
    chain('stringify'),
    chain(`toLocaleString
      NumberFormat`),
    chain(`validate0 @ /srv/app/node_modules/ajv/dist/compile/validate.js:14
      equal @ /srv/app/node_modules/fast-deep-equal/index.js:4`),
    chain(`createHash @ node:crypto:137
      Hash @ node:internal/crypto/hash:92
      update @ node:internal/crypto/hash:130`),
    chain(`baseClone @ /srv/app/node_modules/lodash/_baseClone.js:84
      arrayEach @ /srv/app/node_modules/lodash/_arrayEach.js:11
      baseClone @ /srv/app/node_modules/lodash/_baseClone.js:84
      assignValue @ /srv/app/node_modules/lodash/_assignValue.js:19`),
    chain(`query @ /srv/app/node_modules/pg/lib/client.js:526
      writev @ node:internal/stream_base_commons:110`),
    chain('split'),
  ],
  leaves: [chain('map'), chain('replace'), chain('get'), chain('(program)')],
  background: [
    chain(`listOnTimeout @ node:internal/timers:544
      sendMetrics @ /srv/app/node_modules/prom-client/lib/registry.js:58`),
    chain(`listOnTimeout @ node:internal/timers:544
      processTimers @ node:internal/timers:524`),
    chain(`post @ node:inspector:112
      dispatch`),
  ],
  collector: [chain('(garbage collector)')],
  warmup: [
    chain(`Module._compile @ node:internal/modules/cjs/loader:1529
      wrapSafe @ node:internal/modules/cjs/loader:1405
      compileFunctionForCJSLoader`),
  ],
  idle: [chain('(idle)')],
};
