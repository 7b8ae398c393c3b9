import { expect, it } from 'vitest';
import { runCli } from '../e2e/run-cli.js';

it('tessera doctor knows a device that works, and what it cannot do', async () => {
  const environment = { TESSERA_DEVICE: 'webgpu', PORT: '0' };
  const { exitCode, stdout } = await runCli(['doctor', '--json'], { environment });
  expect(exitCode).toBe(0);
  const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
  expect(checks.find(({ name }) => name === 'webgpu')).toMatchObject({
    status: 'warning',
    summary: expect.stringContaining('works (TESSERA_DEVICE), but: no 16-bit floats') as string,
    facts: { usable: true, float16: false, wide_attention: false },
  });
});
