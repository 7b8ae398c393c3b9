import { loadConfig } from '@tessera/config';
import { chooseBuild, inspectRuntime, type RuntimeState } from '@tessera/ort-runtime';
import { nameOf } from './run-install.js';

/** Prints whether the CUDA build is installed. */
export async function runStatus(): Promise<void> {
  const build = chooseBuild();
  const state = await inspectRuntime(loadConfig().runtime.directory, build);
  process.stdout.write(`${nameOf(build)}: ${describeState(state)}\n`);
}

function describeState(state: RuntimeState): string {
  const remedy = 'npx tessera runtime install cuda';
  switch (state.kind) {
    case 'installed':
      return `installed in ${state.directory}`;
    case 'damaged':
      return `damaged, ${state.reason} in ${state.directory}; repair it with ${remedy}`;
    case 'absent':
      return `not installed in ${state.directory}; install it with ${remedy}`;
  }
}
