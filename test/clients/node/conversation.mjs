// Talks to the runner of the tests: a line of JSON for each step, and a line of input before it goes on.
import { createInterface } from 'node:readline';

export const CALLS = JSON.parse(process.env.CLIENT_CALLS);
export const IS_STDIO = process.env.CLIENT_TRANSPORT === 'stdio';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function say(step, value = null) {
  process.stdout.write(`${JSON.stringify({ step, value })}\n`);
}

/** Waits until the runner says to go on. */
export async function wait() {
  await lines.next();
}

/** Starts a call, and aborts it when the runner says that the store has been asked. */
export async function cancelRunning(call) {
  say('ready');
  await wait();
  const controller = new AbortController();
  const running = Promise.allSettled([call(controller.signal)]);
  await wait();
  controller.abort();
  await running;
  say('cancelled');
  await wait();
}

export function joinTexts({ content }) {
  return content.map(({ text }) => text).join('');
}
