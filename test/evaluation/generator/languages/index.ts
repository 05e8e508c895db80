import { go } from './go.js';
import { java } from './java.js';
import type { Language, LanguageName } from './language.js';
import { node } from './node.js';
import { python } from './python.js';

export const LANGUAGES: Readonly<Record<LanguageName, Language>> = { go, node, python, java };
