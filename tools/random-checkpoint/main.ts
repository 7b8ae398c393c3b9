// `npm run random-checkpoint`: writes a checkpoint of a released model with random weights. `-- --help` tells how.
import { TesseraError } from '@tessera/contracts';
import { RELEASED_MODELS } from './models.js';
import { createProgressLine } from './progress-line.js';
import { type Command, HELP, readOptions } from './read-options.js';
import { listTensors } from './tensor-list.js';
import { countParameters } from './tensor-spec.js';
import { writeRandomCheckpoint } from './write-random-checkpoint.js';

const EXIT_CODE_INTERRUPTED = 130;
const interrupted = new AbortController();

try {
  await run(readOptions(process.argv.slice(2)));
} catch (error) {
  if (interrupted.signal.aborted) process.exit(EXIT_CODE_INTERRUPTED);
  if (!(error instanceof TesseraError)) throw error;
  console.error(`random-checkpoint: ${error.message}`);
  process.exitCode = 1;
}

async function run(command: Command): Promise<void> {
  if (command.kind === 'help') console.log(HELP);
  else if (command.kind === 'list') printModels();
  else await write(command);
}

function printModels(): void {
  for (const [name, { totals }] of Object.entries(RELEASED_MODELS)) {
    const gigabytes = ((2 * totals.parameters) / 1e9).toFixed(1);
    console.log(`${name.padEnd(28)} ${totals.tensors} tensors, ${gigabytes} GB`);
  }
}

async function write(command: Extract<Command, { kind: 'write' }>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const line = createProgressLine(process.stderr);
  try {
    await writeRandomCheckpoint({ ...command, signal: interrupted.signal, onProgress: line.update });
  } finally {
    line.clear();
  }
  const tensors = listTensors(command.shape);
  const parameters = countParameters(tensors).toLocaleString('en-US');
  console.log(`${command.output}: ${command.model}, ${tensors.length} tensors, ${parameters} parameters`);
}
