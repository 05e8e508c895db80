/** The bytes are no protobuf message, or not a whole one. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/**
 * Walks through a protobuf message. Every length is checked against the message around it: a message that was cut
 * inside a field is never taken for a shorter one. Throws WireError.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  /** Position of the next byte. */
  at: number;
  /** End of the message that is being read. */
  end: number;
  #type = VARINT;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Whether the message has another field. */
  more(): boolean {
    return this.at < this.end;
  }

  /** Number of the next field. Its value must be read or skipped before the next call. */
  field(): number {
    const key = this.#unsigned();
    this.#type = key & 7;
    const number = key >>> 3;
    if (number === 0 || key > 0xffffffff) throw new WireError('a field has no valid number');
    return number;
  }

  /** An integer of up to 64 bits, two's complement: exact below 2^53, then rounded. */
  integer(): number {
    this.#expect(VARINT);
    return this.#signed();
  }

  /** An integer of up to 64 bits, exact. */
  bigInteger(): bigint {
    this.#expect(VARINT);
    return this.#exact();
  }

  /** A repeated integer field, packed or not. */
  integers(each: (value: number) => void): void {
    if (this.#type !== DELIMITED) {
      each(this.integer());
      return;
    }
    const outer = this.enter();
    while (this.at < this.end) each(this.#signed());
    this.leave(outer);
  }

  /** Goes into a message or a text; gives what {@link leave} needs to come out at its end. */
  enter(): number {
    this.#expect(DELIMITED);
    const length = this.#unsigned();
    const outer = this.end;
    if (length > outer - this.at) throw new WireError('a field is longer than what is left');
    this.end = this.at + length;
    return outer;
  }

  /** Leaves a message entered before; what was not read is skipped. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** Passes over the value of a field. */
  skip(): void {
    switch (this.#type) {
      case VARINT:
        this.#signed();
        return;
      case DELIMITED:
        this.leave(this.enter());
        return;
      case FIXED64:
        this.#pass(8);
        return;
      case FIXED32:
        this.#pass(4);
        return;
      default:
        throw new WireError('a field has an unknown wire type');
    }
  }

  #expect(type: number): void {
    if (this.#type !== type) throw new WireError('a field has the wrong wire type');
  }

  #pass(length: number): void {
    if (length > this.end - this.at) throw new WireError('a field is longer than what is left');
    this.at += length;
  }

  #unsigned(): number {
    const value = this.#signed();
    if (value < 0) throw new WireError('a length is negative');
    return value;
  }

  #signed(): number {
    const { bytes, end } = this;
    let low = 0;
    let high = 0;
    // Seven bytes hold 49 bits, as two numbers without a sign: what almost every number of a profile needs.
    for (let at = this.at, shift = 0; shift < 49; at++, shift += 7) {
      if (at >= end) throw new WireError('a number is cut short');
      const byte = bytes[at] ?? 0;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else high |= (byte & 0x7f) << (shift - 28);
      if (byte < 0x80) {
        this.at = at + 1;
        return high * 2 ** 28 + low;
      }
    }
    return Number(this.#exact());
  }

  #exact(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw new WireError('a number is cut short');
      const byte = this.bytes[this.at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError('a number is longer than 64 bits');
  }
}
