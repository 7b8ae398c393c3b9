import { isUtf8 } from 'node:buffer';
import secureJson from 'secure-json-parse';
import { InvalidJsonError, InvalidRequestError } from '../errors/request.errors.js';
import { findJsonStructureViolation, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './json-structure.js';

const FORBIDDEN_KEYS = { protoAction: 'error', constructorAction: 'error' } as const;

/**
 * Parses a JSON body; an empty one gives undefined, because Python's SDK sends `Content-Type: application/json` with
 * nothing behind it on cancel and delete.
 * @throws {InvalidJsonError} not UTF-8, not JSON, or with a `__proto__` or `constructor.prototype` key
 * @throws {InvalidRequestError} nested too deep, or too many values
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new InvalidJsonError('the body must be UTF-8 text');
  const violation = findJsonStructureViolation(bytes);
  if (violation === 'too_deep') {
    throw new InvalidRequestError(`a JSON body may nest at most ${MAX_JSON_DEPTH} levels deep`);
  }
  if (violation === 'too_many_values') {
    throw new InvalidRequestError(`a JSON body may hold at most ${MAX_JSON_VALUES} values`);
  }
  return parseText(bytes.toString('utf8'));
}

function parseText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Looks at the keys of what was parsed; `secureJson.parse` searches the text, which may be 75 MB of base64.
    if (typeof value === 'object' && value !== null) secureJson.scan(value, FORBIDDEN_KEYS);
    return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidJsonError(`the body is not JSON that is accepted: ${reason.slice(0, 200)}`, { cause });
  }
}
