import type { Tool } from './define.js';
import { summarizeProfile } from './summarize_profile.js';

/** Every tool, sorted by name: `tools/list` is the same on every connection. */
export const TOOLS: readonly Tool[] = [summarizeProfile];
