import { spawn } from 'node:child_process';
import { type Measurement } from './measurement.js';

/** Runs a command whose last line of output is a measurement. */
export async function runChild(command: string, args: readonly string[]): Promise<Measurement> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${errors.trim() || output.trim()}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measurement;
}
