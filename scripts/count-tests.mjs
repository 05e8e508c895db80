// Prints "PASSED FAILED" from vitest's JSON report; a suite that did not even load counts as a failure.
import { readFileSync } from 'node:fs';

try {
  const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const brokenSuites = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  console.log(`${report.numPassedTests} ${report.numFailedTests + brokenSuites.length}`);
} catch {
  console.log('0 1');
}
