import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const LIBRARY = pathToFileURL(
  fileURLToPath(new URL('../../../libs/processes/dist/index.js', import.meta.url)),
).href;
const SAY_STOPPED = `stopWithParent(() => { console.log('stopped'); process.exit(0); })`;

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

/** A child with the library at hand that keeps itself busy. */
function startChild(script: string, stdio: 'ipc' | 'ignore') {
  const source = `
    const { stopWithParent } = await import('${LIBRARY}');
    const busy = setInterval(() => {}, 1e6);
    ${script}
  `;
  const started = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit', stdio],
  });
  child = started;
  return { started, output: once(started.stdout ?? started, 'data'), exited: once(started, 'exit') };
}

describe('stopWithParent', () => {
  it('stops when the channel to the parent closes', async () => {
    const { started, exited } = startChild(`${SAY_STOPPED}; process.send('up')`, 'ipc');
    await once(started, 'message');
    started.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('stops at once when the parent was gone before it was called', async () => {
    const { started, exited } = startChild(
      `process.once('disconnect', () => ${SAY_STOPPED}); process.send('up')`,
      'ipc',
    );
    await once(started, 'message');
    started.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('does not keep a process that has nothing more to do', async () => {
    const { exited } = startChild(`${SAY_STOPPED}; clearInterval(busy)`, 'ipc');
    expect(await exited).toEqual([0, null]);
  });

  it('leaves a process alone that was started without a channel', async () => {
    const { output, exited, started } = startChild(
      `${SAY_STOPPED}; setImmediate(() => console.log('runs on'))`,
      'ignore',
    );
    expect(String((await output)[0])).toBe('runs on\n');
    started.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
  });
});
