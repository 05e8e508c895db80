import { compareProfiles } from './compare_profiles.js';
import type { Tool } from './define.js';
import { findQueryPatterns } from './find_query_patterns.js';
import { getTimeline } from './get_timeline.js';
import { inspectFunction } from './inspect_function.js';
import { investigate } from './investigate.js';
import { listDataSources } from './list_data_sources.js';
import { listLabels } from './list_labels.js';
import { listProfileTypes } from './list_profile_types.js';
import { listServices } from './list_services.js';
import { queryProfile } from './query_profile.js';
import { summarizeProfile } from './summarize_profile.js';

/** Every tool, sorted by name: `tools/list` is the same on every connection. */
export const TOOLS: readonly Tool[] = [
  compareProfiles,
  findQueryPatterns,
  getTimeline,
  inspectFunction,
  investigate,
  listDataSources,
  listLabels,
  listProfileTypes,
  listServices,
  queryProfile,
  summarizeProfile,
];
