// `npm run drills`: the long drill; writes docs/drills.md, and fails where something was lost, doubled or wrong.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findRepositoryRoot } from '@tessera/testing';
import { format, resolveConfig } from 'prettier';
import { type DrillOptions, runDrill } from './drill.js';
import { findingsOf } from './findings.js';
import { renderReport } from './report.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    strikes: { type: 'string', default: '100' },
    'redis-outage-ms': { type: 'string', default: '30000' },
    'full-disk-ms': { type: 'string', default: '10000' },
    report: { type: 'string', default: path.join(findRepositoryRoot(), 'docs', 'drills.md') },
  },
});
const options: DrillOptions = {
  seed: Number(values.seed),
  strikes: Number(values.strikes),
  redisOutageMs: Number(values['redis-outage-ms']),
  fullDiskMs: Number(values['full-disk-ms']),
  settleMs: 180_000,
  log: (line) => console.log(line),
};

const result = await runDrill(options);
const report = renderReport(options, result, new Date());
const style = await resolveConfig(values.report);
await writeFile(values.report, await format(report, { ...style, parser: 'markdown' }));
console.log(`\n${report}\nwritten to ${path.relative('.', values.report)}`);
const findings = findingsOf(result);
for (const finding of findings) console.error(finding);
process.exitCode = findings.length === 0 ? 0 : 1;
