import { GrowingUint32 } from './growing.js';
import type { FunctionInfo, Profile } from './model.js';

/** Names that many functions share because nobody named them: kept apart by file and start line. */
const UNNAMED =
  /^(?:\(anonymous[^)]*\)|<(?:anonymous|lambda|listcomp|dictcomp|setcomp|genexpr)>|\{closure\}|__lambda__)$/;

/** Whether a function name says nothing about which function it is. */
export function isUnnamed(name: string): boolean {
  return UNNAMED.test(name);
}

/** Collects stacks into one Profile; functions and frames are interned, stacks are kept as they come. */
export class ProfileBuilder {
  readonly #sampleType: string;
  readonly #unit: string;
  readonly #functions: FunctionInfo[] = [];
  readonly #functionIds = new Map<string, number>();
  readonly #frameIds = new Map<number, number>();
  readonly #frameFunction = new GrowingUint32();
  readonly #frameLine = new GrowingUint32();
  readonly #stackStart = new GrowingUint32();
  readonly #stackFrames = new GrowingUint32();
  readonly #values: number[] = [];

  constructor(sampleType: string, unit: string) {
    this.#sampleType = sampleType;
    this.#unit = unit;
    this.#stackStart.push(0);
  }

  /** Id of the function with this identity; the first file and start line seen for a name are kept. */
  functionId(info: FunctionInfo): number {
    const key = isUnnamed(info.name) ? `${info.name}\0${info.file}\0${info.startLine}` : info.name;
    let id = this.#functionIds.get(key);
    if (id === undefined) {
      id = this.#functions.length;
      this.#functionIds.set(key, id);
      this.#functions.push(info);
    } else if (info.file !== '' && this.#functions[id]?.file === '') {
      this.#functions[id] = info;
    }
    return id;
  }

  /** Id of the frame "this function at this line". */
  frameId(functionId: number, line: number): number {
    const key = functionId * 2 ** 24 + (line >= 0 && line < 2 ** 24 ? line : 0);
    let id = this.#frameIds.get(key);
    if (id === undefined) {
      id = this.#frameFunction.length;
      this.#frameIds.set(key, id);
      this.#frameFunction.push(functionId);
      this.#frameLine.push(key % 2 ** 24);
    }
    return id;
  }

  /** Appends `frames[start … end)` to the stack under construction, leaf first. */
  pushFrames(frames: Uint32Array, start: number, end: number): void {
    this.#stackFrames.append(frames, start, end);
  }

  /** Closes the stack under construction. */
  endStack(value: number): void {
    this.#stackStart.push(this.#stackFrames.length);
    this.#values.push(value);
  }

  build(): Profile {
    return {
      sampleType: this.#sampleType,
      unit: this.#unit,
      functions: this.#functions,
      frameFunction: this.#frameFunction.toArray(),
      frameLine: this.#frameLine.toArray(),
      stackStart: this.#stackStart.toArray(),
      stackFrames: this.#stackFrames.toArray(),
      values: Float64Array.from(this.#values),
    };
  }
}
