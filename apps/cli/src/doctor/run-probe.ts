import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '@tessera/config';
import { probeAnswerSchema, type ProbeOutcome } from './probe-outcome.js';

const PROBE_TIMEOUT_MS = 30_000;
const PROBE_SCRIPT = fileURLToPath(new URL('./probe-process.js', import.meta.url));

/** Asks a process of its own about a device. Never rejects because of what that process does. */
export function runProbe(
  device: string,
  script = PROBE_SCRIPT,
  timeoutMs = PROBE_TIMEOUT_MS,
): Promise<ProbeOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, device], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      if (isLate) resolve({ kind: 'died', reason: `no answer in ${timeoutMs / 1000} s` });
      else if (exitCode === 0)
        resolve({ kind: 'answered', answer: probeAnswerSchema.parse(JSON.parse(output.stdout)) });
      else resolve({ kind: 'died', reason: describeEnd(exitCode, signal, output.stderr) });
    });
  });
}

function describeEnd(exitCode: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const end = signal === null ? `exit code ${exitCode}` : signal;
  const message = stderr.split('\n').find((line) => /^\S*error:/i.test(line));
  return `the process that tried it ended with ${end}${message === undefined ? '' : `: ${message.trim()}`}`;
}
