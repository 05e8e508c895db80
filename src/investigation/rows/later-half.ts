import { activePerProfile } from '../../profile/contrast/runs.js';
import { secondsPerUnit } from '../../text/units.js';
import type { ShareLens } from '../evidence/shares.js';

/**
 * Time per profile in the later half of the incident, in seconds; null where its parts do not tell it, or no
 * type was compared.
 */
export function measureLater(share: ShareLens | undefined): number | null {
  if (share === undefined || share.analysis.incident.length < 2) return null;
  const { incident } = share.analysis;
  const later = incident.slice(Math.floor(incident.length / 2));
  return activePerProfile(later) * (secondsPerUnit(share.lens.type.unit) ?? 1);
}
