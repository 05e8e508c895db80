import { summaryAnswer } from '../report/summary.js';
import type { Run } from './define.js';
import { answerAbout } from './profile-question.js';
import type { input } from './surface/summarize_profile.js';

export const run: Run<typeof input> = (args, context) =>
  answerAbout('summarize_profile', args, context, (measured) => summaryAnswer(measured, args.limit));
