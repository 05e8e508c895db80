/** Signal of work that an answer can do without: it ends with the call, or when the answer is due. */
export function untilSoon(signal: AbortSignal, soon: AbortSignal | undefined): AbortSignal {
  return soon === undefined ? signal : AbortSignal.any([signal, soon]);
}
