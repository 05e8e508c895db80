const FIRST_ROOM = 1024;
const LAST_MARK = 2 ** 32 - 1;

/**
 * A set of small numbers that is emptied at no cost, whose memory all passes over stacks share: a set of its
 * own for each pass takes longer than many a pass over a small profile. What is in it holds until somebody
 * else begins, so it is filled and asked within one synchronous pass.
 */
export class Seen {
  readonly #lastMark: number;
  #marks = new Uint32Array(FIRST_ROOM);
  #mark = 0;

  /** @param lastMark the last number that a mark may have: then all marks are taken back */
  constructor(lastMark = LAST_MARK) {
    this.#lastMark = lastMark;
  }

  /**
   * Empties the set.
   *
   * @param length numbers that will be asked for are below it
   * @returns the mark of a number that is in the set: see {@link marks}
   */
  begin(length: number): number {
    if (length > this.#marks.length) {
      this.#marks = new Uint32Array(Math.max(length, 2 * this.#marks.length));
      this.#mark = 0;
    } else if (this.#mark === this.#lastMark) {
      this.#marks.fill(0);
      this.#mark = 0;
    }
    this.#mark++;
    return this.#mark;
  }

  /**
   * Marks of the numbers, until the set is emptied for more of them. The hottest passes compare and set them
   * on their own, since a call for each frame costs more than the rest of the pass until it is compiled.
   */
  get marks(): Uint32Array {
    return this.#marks;
  }

  /** Adds a number. @returns whether it is new */
  add(number: number): boolean {
    if (this.#marks[number] === this.#mark) return false;
    this.#marks[number] = this.#mark;
    return true;
  }
}

/** The set that passes over stacks share. */
export const SEEN = new Seen();
