import { HubOptionError } from './errors.js';

const PART = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;
const RULE = 'must be OWNER/NAME, such as OpenGVLab/Mini-InternVL-Chat-4B-V1-5';

/**
 * The parts of a repository's name, `OWNER/NAME` or an old one-part name. Each is safe as a part of a path.
 * @throws HubOptionError
 */
export function parseRepositoryName(name: string): string[] {
  const parts = name.split('/');
  const isName = parts.length <= 2 && parts.every((part) => PART.test(part) && !part.includes('..'));
  if (!isName) throw new HubOptionError('the model', RULE, name);
  return parts;
}
