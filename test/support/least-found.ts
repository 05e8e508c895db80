/**
 * The least size of a change from which on it is found, by bisection: a test can then say how far it stands
 * out there, which is what a gate is set to.
 *
 * @param isFound whether a change of that size is found; true for `large`, false for `small`
 */
export async function leastFound(
  small: number,
  large: number,
  isFound: (size: number) => Promise<boolean> | boolean,
): Promise<number> {
  if (await isFound(small)) throw new Error(`a change of ${small} is found already`);
  if (!(await isFound(large))) throw new Error(`a change of ${large} is not found`);
  let [missed, detected] = [small, large];
  for (let step = 0; step < 12; step++) {
    const middle = (missed + detected) / 2;
    if (await isFound(middle)) detected = middle;
    else missed = middle;
  }
  return detected;
}
