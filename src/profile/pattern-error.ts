/** A regular expression that cannot be used. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly pattern: string;
  /** `syntax`: RE2 does not accept it (lookarounds and back references need backtracking); `size`: it is too large. */
  readonly kind: 'syntax' | 'size';

  constructor(pattern: string, reason: string, kind: PatternError['kind'] = 'syntax') {
    super(reason);
    this.pattern = pattern;
    this.kind = kind;
  }
}
