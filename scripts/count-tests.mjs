// Prints "PASSED FAILED" from vitest's JSON report, and after it a line for each test that failed, with the
// beginning of what it said: of a random test, the input. A suite that did not even load counts as a failure,
// and so does a report that cannot be read.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The numbers of a report, and the failed tests by file and name. */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const suites = report.testResults;
    const broken = suites.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    const tests = suites.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) =>
          [showFile(name), fullName, ...showFailure(failureMessages)].join(': '),
        ),
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken.length,
      names: [...broken.map(({ name }) => `${showFile(name)}: did not load`), ...tests],
    };
  } catch (error) {
    return { passed: 0, failed: 1, names: [`no report: ${error.message}`] };
  }
}

function showFile(name) {
  return path.relative(process.cwd(), name ?? '');
}

/** Characters of a failure that are told: a seed and an input fit into them. */
const MAX_CHARACTERS = 400;

function showFailure([message] = []) {
  return message === undefined ? [] : [message.replaceAll(/\s+/g, ' ').slice(0, MAX_CHARACTERS)];
}

const { passed, failed, names } = readReport(process.argv[2]);
console.log(`${passed} ${failed}`);
for (const name of names) console.log(name);
