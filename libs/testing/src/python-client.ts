import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const VERSION = '3.57.0';
const VERIFIER_VERSION = '1.1.0';

/** OpenAI's client for Python, as pip names it, and what verifies webhooks in Python. */
export const PYTHON_CLIENT_PACKAGES = [
  `openai==${VERSION}`,
  `standardwebhooks==${VERIFIER_VERSION}`,
] as const;

/**
 * Virtual environment into which `node tools/python-client.mjs` installs them: in the checkout, out of git. From src or
 * dist, whichever runs.
 */
export const PYTHON_CLIENT_ENVIRONMENT = fileURLToPath(
  new URL(`../../../.tessera/python-openai/${VERSION}-${VERIFIER_VERSION}/`, import.meta.url),
);

/** The Python that has the client. */
export const PYTHON_WITH_CLIENT = `${PYTHON_CLIENT_ENVIRONMENT}bin/python`;

/** Written last: an installation that broke off leaves an environment without it. */
export const PYTHON_CLIENT_MARK = `${PYTHON_CLIENT_ENVIRONMENT}installed`;

export function isPythonClientInstalled(): boolean {
  return existsSync(PYTHON_CLIENT_MARK);
}
