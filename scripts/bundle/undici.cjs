// The part of undici that the sources use: its index also loads fetch, WebSocket, mocks and caches, which are
// two thirds of it. Each export has a statement of its own, by which Node finds its name.
const Dispatcher = require('undici/lib/dispatcher/dispatcher');

Object.assign(Dispatcher.prototype, require('undici/lib/api'));
module.exports.Pool = require('undici/lib/dispatcher/pool');
module.exports.EnvHttpProxyAgent = require('undici/lib/dispatcher/env-http-proxy-agent');
