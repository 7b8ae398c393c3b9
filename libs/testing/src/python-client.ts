import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const VERSION = '3.57.0';

/** OpenAI's client for Python, as pip names it. */
export const PYTHON_CLIENT_PACKAGE = `openai==${VERSION}`;

/**
 * Virtual environment into which `node tools/python-client.mjs` installs it: in the checkout, out of git. From src or
 * dist, whichever runs.
 */
export const PYTHON_CLIENT_ENVIRONMENT = fileURLToPath(
  new URL(`../../../.tessera/python-openai/${VERSION}/`, import.meta.url),
);

/** The Python that has the client. */
export const PYTHON_WITH_CLIENT = `${PYTHON_CLIENT_ENVIRONMENT}bin/python`;

/** Written last: an installation that broke off leaves an environment without it. */
export const PYTHON_CLIENT_MARK = `${PYTHON_CLIENT_ENVIRONMENT}installed`;

export function isPythonClientInstalled(): boolean {
  return existsSync(PYTHON_CLIENT_MARK);
}
