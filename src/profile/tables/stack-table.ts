import { GrowingUint32 } from './growing.js';

/**
 * Slots of the hash table for each stack, at least: with half of them free a search ends after one or two
 * steps.
 */
const SLOTS_PER_STACK = 2;
const MIN_SLOTS = 256;
const MIN_ROOM = 1024;

/**
 * Stacks by their frames, each kept once and numbered in the order of arrival. The hash table has open
 * addressing over typed arrays: an entry for each stack in a `Map` takes three times as long.
 */
export class StackTable {
  /** All stacks one after the other, leaf first; behind the last one stands the stack under construction. */
  readonly frames: GrowingUint32;
  readonly #start: GrowingUint32;
  /** Stacks, counted from 1; 0 = the slot is free. */
  #slots: Uint32Array;

  /**
   * @param stacks about how many different ones will come: then the table need not grow
   * @param frames about how many frames these have together
   */
  constructor(stacks = 0, frames = 0) {
    this.frames = new GrowingUint32(Math.max(MIN_ROOM, frames));
    this.#start = new GrowingUint32(Math.max(MIN_ROOM, stacks + 1));
    const slots = Math.max(MIN_SLOTS, SLOTS_PER_STACK * stacks + 1);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(slots)));
    this.#start.push(0);
  }

  get length(): number {
    return this.#start.length - 1;
  }

  /** Position of the first frame of a stack. The last stack ends at the position of the stack `length`. */
  getStart(stack: number): number {
    return this.#start.at(stack);
  }

  /**
   * Closes the stack under construction.
   * @returns its number, which is that of an earlier stack with the same frames
   */
  close(): number {
    const from = this.#start.at(this.length);
    const mask = this.#slots.length - 1;
    let slot = this.#hashFrom(from, this.frames.length) & mask;
    for (let known = this.#slots[slot] ?? 0; known !== 0; known = this.#slots[slot] ?? 0) {
      if (this.#isSame(known - 1, from)) {
        this.frames.length = from;
        return known - 1;
      }
      slot = (slot + 1) & mask;
    }
    this.#start.push(this.frames.length);
    this.#slots[slot] = this.length;
    if (SLOTS_PER_STACK * this.length > this.#slots.length) this.#widen();
    return this.length - 1;
  }

  /** The two columns of a profile that hold stacks; nothing may be added afterwards. */
  columns(): { stackStart: Uint32Array; stackFrames: Uint32Array } {
    return { stackStart: this.#start.toArray(), stackFrames: this.frames.toArray() };
  }

  /** Memory of the stacks and of the table that finds them. */
  get bytes(): number {
    return 4 * (this.frames.length + this.#start.length + this.#slots.length);
  }

  #isSame(stack: number, from: number): boolean {
    const start = this.#start.at(stack);
    const length = this.#start.at(stack + 1) - start;
    if (this.frames.length - from !== length) return false;
    const data = this.frames.reserve(0);
    for (let at = 0; at < length; at++) if (data[start + at] !== data[from + at]) return false;
    return true;
  }

  /** FNV-1a over whole frame ids. */
  #hashFrom(from: number, to: number): number {
    const data = this.frames.reserve(0);
    let hash = 0x811c9dc5;
    for (let at = from; at < to; at++) {
      hash = Math.imul(hash ^ (data[at] ?? 0), 0x01000193);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  #widen(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let stack = 0; stack < this.length; stack++) {
      let slot = this.#hashFrom(this.#start.at(stack), this.#start.at(stack + 1)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = stack + 1;
    }
    this.#slots = slots;
  }
}
