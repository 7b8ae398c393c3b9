import { type Config } from '@tessera/config';
import { chooseBuild, inspectRuntime, RuntimePlatformError } from '@tessera/ort-runtime';
import { type Check, type CheckResult } from '../check.js';
import { deviceCheck } from './device.js';

const INSTALL = 'npx tessera runtime install cuda';

/** The CUDA build of ONNX Runtime as it is installed; `problem` says why it is not. */
interface InstalledBuild {
  readonly state: 'installed' | 'damaged' | 'absent' | 'unsupported';
  readonly version?: string;
  readonly directory?: string;
  readonly problem?: string;
}

/** Device cuda: whether its build of ONNX Runtime is installed, and whether it finds a driver and a GPU. */
export const cudaCheck: Check = {
  name: 'cuda',
  run: async (context) => {
    const build = await findBuild(context.config);
    const result = await deviceCheck('cuda').run(context);
    return describe(result, build, context.config);
  },
};

function describe(result: CheckResult, build: InstalledBuild, { worker }: Config): CheckResult {
  const { problem, ...runtime } = build;
  const facts = { ...result.facts, runtime };
  const isUsable = result.facts.usable === true;
  if (!isUsable && problem !== undefined) {
    const chosen = worker.device === 'cuda' ? ' (TESSERA_DEVICE)' : '';
    return { ...result, summary: `cannot be used${chosen}: ${problem}`, remedy: INSTALL, facts };
  }
  if (runtime.state !== 'installed') return { ...result, facts };
  const summary = `${result.summary}; ONNX Runtime ${runtime.version ?? ''} for CUDA is installed in ${runtime.directory ?? ''}`;
  return { ...result, summary, facts };
}

async function findBuild({ runtime }: Config): Promise<InstalledBuild> {
  try {
    const build = chooseBuild();
    const { version } = build;
    const state = await inspectRuntime(runtime.directory, build);
    const { kind, directory } = state;
    const found = { state: kind, version, directory };
    const name = `the CUDA build of ONNX Runtime ${version}`;
    switch (state.kind) {
      case 'installed':
        return found;
      case 'absent':
        return { ...found, problem: `${name} is not installed in ${directory}` };
      case 'damaged':
        return { ...found, problem: `${name} is damaged: ${state.reason} in ${directory}` };
    }
  } catch (error) {
    if (!(error instanceof RuntimePlatformError)) throw error;
    return { state: 'unsupported' };
  }
}
