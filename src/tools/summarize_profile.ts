import { offload } from '../offload.js';
import { answerAbout } from '../query/profile-question.js';
import { isHeavyWork } from '../work/offload.js';
import type { Run } from './define.js';
import type { input } from './surface/summarize_profile.js';

export const run: Run<typeof input> = (args, context) =>
  answerAbout(
    args,
    context,
    (measured) => {
      context.pictures?.add({ kind: 'profile', measured, filter: {}, of: '' });
      return offload('summary', [measured, args.limit], {
        isHeavy: isHeavyWork(measured.active),
        signal: context.signal,
      });
    },
    { mayBeReduced: true },
  );
