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
    const length = this.length + end - start;
    if (length > this.#data.length) this.#widen(length);
    for (let at = start; at < end; at++) this.#data[this.length++] = values[at] ?? 0;
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
