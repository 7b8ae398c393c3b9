import { type Check } from '../check.js';

/** The ONNX Runtime library. */
export const runtimeCheck: Check = {
  name: 'runtime',
  run: async ({ probe }) => {
    const outcome = await probe('cpu');
    if (outcome.kind === 'died') {
      const remedy = 'run npm ci, and see that this platform is one that ONNX Runtime has a library for';
      return {
        status: 'broken',
        summary: `ONNX Runtime cannot be loaded: ${outcome.reason}`,
        remedy,
        facts: {},
      };
    }
    const { runtimeVersion, providers } = outcome.answer;
    const names = providers.map((name) => name.replace('ExecutionProvider', '')).join(', ');
    return {
      status: 'ok',
      summary: `ONNX Runtime ${runtimeVersion}, built with ${names}`,
      facts: { version: runtimeVersion, providers },
    };
  },
};
