import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { GrowingUint32 } from '../tables/growing.js';

/** The labels of samples as written: names and texts are string indexes, 0 stands for none. */
export interface RawLabels {
  /** Different sets of labels; the first is the empty one. */
  sets: (readonly RawLabel[])[];
  /** Set of every sample. */
  ofSample: Uint32Array;
  /** Whether there were too many different sets: samples with one that is missing have the empty one. */
  isCut: boolean;
}

export interface RawLabel {
  key: number;
  text: number;
  number: number;
  unit: number;
}

const LABEL = { key: 1, text: 2, number: 3, unit: 4 } as const;
/** Maximum number of labels in all different sets of a file: two bytes of a file can make a label. */
const MAX_LABELS = 2 ** 17;

/**
 * Reads the label at the position of the reader.
 * @param end where the label ends; the caller checks that the reader stands there afterwards
 */
export function readLabel(reader: BinaryReader, end: number): RawLabel {
  const label: RawLabel = { key: 0, text: 0, number: 0, unit: 0 };
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.Varint) reader.skip(wireType, field);
    else if (field === LABEL.key) label.key = reader.uint32();
    else if (field === LABEL.text) label.text = reader.uint32();
    else if (field === LABEL.number) label.number = Number(reader.int64());
    else if (field === LABEL.unit) label.unit = reader.uint32();
    else reader.skip(wireType, field);
  }
  return label;
}

/** Largest string index in a label. */
export function findLastName({ key, text, unit }: RawLabel): number {
  return Math.max(key, text, unit);
}

/** Collects the labels of samples one after the other; equal sets are one. */
export function createLabelCollector() {
  const sets: (readonly RawLabel[])[] = [[]];
  const known = new Map<string, number>([['', 0]]);
  const ofSample = new GrowingUint32(0);
  let labels = 0;
  let isCut = false;
  return {
    /** Takes the labels of the next sample. */
    add(labelSet: readonly RawLabel[]): void {
      if (labelSet.length === 0) {
        ofSample.push(0);
        return;
      }
      const key = labelSet.map(({ key, text, number, unit }) => `${key},${text},${number},${unit}`).join(';');
      let set = known.get(key);
      if (set === undefined && labels + labelSet.length > MAX_LABELS) isCut = true;
      else if (set === undefined) {
        set = sets.push(labelSet) - 1;
        known.set(key, set);
        labels += labelSet.length;
      }
      ofSample.push(set ?? 0);
    },
    /** Null where no sample has a label. */
    table: (): RawLabels | null =>
      sets.length === 1 && !isCut ? null : { sets, ofSample: ofSample.toArray(), isCut },
  };
}
