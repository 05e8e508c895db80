import type { Tool } from './define.js';
import { compareProfiles } from './surface/compare_profiles.js';
import { findQueryPatterns } from './surface/find_query_patterns.js';
import { getTimeline } from './surface/get_timeline.js';
import { inspectFunction } from './surface/inspect_function.js';
import { investigate } from './surface/investigate.js';
import { listDataSources } from './surface/list_data_sources.js';
import { listLabels } from './surface/list_labels.js';
import { listProfileTypes } from './surface/list_profile_types.js';
import { listServices } from './surface/list_services.js';
import { queryProfile } from './surface/query_profile.js';
import { summarizeProfile } from './surface/summarize_profile.js';

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
