/** A Uint32Array that grows at its end. */
export class GrowingUint32 {
  #data: Uint32Array;
  length = 0;

  /** @param room number of entries that fit before the array grows */
  constructor(room = 1024) {
    this.#data = new Uint32Array(room);
  }

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

  /** Appends `values[indexes[start]] … values[indexes[end - 1]]`. */
  appendMapped(values: Uint32Array, indexes: Uint32Array, start: number, end: number): void {
    let to = this.length;
    const data = this.reserve(end - start);
    for (let at = start; at < end; at++) data[to++] = values[indexes[at] ?? 0] ?? 0;
    this.length = to;
  }

  at(index: number): number {
    return this.#data[index] ?? 0;
  }

  /**
   * Makes room for `more` values. The caller writes them into the returned array from `length` on, and then
   * sets `length`.
   */
  reserve(more: number): Uint32Array {
    if (this.length + more > this.#data.length) this.#widen(this.length + more);
    return this.#data;
  }

  /** A view of the numbers written so far, without a copy; later numbers are not in it. */
  view(): Uint32Array {
    return this.#data.subarray(0, this.length);
  }

  /**
   * The numbers written. Nothing may be written afterwards, since a full array is returned without a copy.
   */
  toArray(): Uint32Array {
    return this.length === this.#data.length ? this.#data : this.#data.slice(0, this.length);
  }

  #widen(length: number): void {
    const wider = new Uint32Array(Math.max(length, this.#data.length * 2));
    wider.set(this.#data);
    this.#data = wider;
  }
}
