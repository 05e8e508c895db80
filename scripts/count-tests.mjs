// Prints "PASSED FAILED" from vitest's JSON report, and after it a line for each test that failed. A suite
// that did not even load counts as a failure, and so does a report that cannot be read.
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
        .map(({ fullName }) => `${showFile(name)}: ${fullName}`),
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

const { passed, failed, names } = readReport(process.argv[2]);
console.log(`${passed} ${failed}`);
for (const name of names) console.log(name);
