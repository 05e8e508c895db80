import { z } from 'zod';
import { summaryAnswer } from '../report/summary.js';
import { formatArgument, profileArguments } from './arguments.js';
import { defineTool } from './define.js';
import { answerAbout } from './profile-question.js';

export const summarizeProfile = defineTool({
  name: 'summarize_profile',
  title: 'Findings of a profile',
  description:
    'Which code the cost went to in a window: headline, hottest call path from entry point to leaf, top functions by ' +
    'own cost with the application function they are charged to, own code by total. Start here once service and window are known. ' +
    'Not for the difference between two windows.',
  input: z.strictObject({
    ...profileArguments,
    limit: z.int().min(1).max(100).default(10).describe('Rows of the top table'),
    format: formatArgument,
  }),
  run: (args, context) =>
    answerAbout('summarize_profile', args, context, (measured) => summaryAnswer(measured, args.limit)),
});
