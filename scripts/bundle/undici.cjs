// The part of undici that the sources use: its index also loads fetch, WebSocket, mocks and caches, which are
// two thirds of it.
const Dispatcher = require('undici/lib/dispatcher/dispatcher');

Object.assign(Dispatcher.prototype, require('undici/lib/api'));
module.exports = {
  Pool: require('undici/lib/dispatcher/pool'),
  EnvHttpProxyAgent: require('undici/lib/dispatcher/env-http-proxy-agent'),
};
