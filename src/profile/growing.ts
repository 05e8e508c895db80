/** A Uint32Array that grows at its end. */
export class GrowingUint32 {
  #data = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) this.#widen(this.length + 1);
    this.#data[this.length++] = value;
  }

  /** Appends `values[start … end)`. */
  append(values: Uint32Array, start: number, end: number): void {
    let to = this.length;
    this.length += end - start;
    if (this.length > this.#data.length) this.#widen(this.length);
    const data = this.#data;
    for (let at = start; at < end; at++) data[to++] = values[at] ?? 0;
  }

  at(index: number): number {
    return this.#data[index] ?? 0;
  }

  /** Makes room for `more` values; they are written into the answer from `length` on, which the writer then moves. */
  reserve(more: number): Uint32Array {
    if (this.length + more > this.#data.length) this.#widen(this.length + more);
    return this.#data;
  }

  toArray(): Uint32Array {
    return this.#data.slice(0, this.length);
  }

  #widen(length: number): void {
    const wider = new Uint32Array(Math.max(length, this.#data.length * 2));
    wider.set(this.#data);
    this.#data = wider;
  }
}
