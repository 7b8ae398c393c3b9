import { chatCompletionBodySchema } from '@tessera/contracts';
import { UnsupportedParameterError, UnsupportedResponseFormatError } from '../request.errors.js';
import { quote } from '../validation/quote.js';

/** Fields of OpenAI that would change the answer and cannot be honoured, with why. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  audio: 'answers are text only',
  function_call: 'these models call no functions',
  functions: 'these models call no functions',
  logit_bias: 'scores of single tokens cannot be changed',
  parallel_tool_calls: 'these models call no tools',
  prediction: 'a predicted output is not used',
  reasoning_effort: 'these models have no effort to choose',
  tool_choice: 'these models call no tools',
  tools: 'these models call no tools',
  verbosity: 'these models have no verbosity to choose; ask for a short answer in the question',
  web_search_options: 'these models search nothing',
};

/**
 * The body without fields that say nothing: null is OpenAI's other way to leave one out, and an empty list of tools is
 * as good as none. What is no object stays as it is, for the schema to refuse.
 * @throws {UnsupportedParameterError | UnsupportedResponseFormatError}
 */
export function withoutUnsupported(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields = Object.entries(value).filter(([name, field]) => !isLeftOut(name, field));
  for (const [name, field] of fields) {
    const reason = Object.hasOwn(UNSUPPORTED, name) ? UNSUPPORTED[name] : undefined;
    if (reason !== undefined) throw new UnsupportedParameterError(name, reason);
    if (name === 'response_format') checkResponseFormat(field);
  }
  return Object.fromEntries(fields);
}

function isLeftOut(name: string, field: unknown): boolean {
  if (Object.hasOwn(UNSUPPORTED, name)) return field === null || isEmpty(field);
  return field === null && Object.hasOwn(chatCompletionBodySchema.shape, name);
}

function isEmpty(field: unknown): boolean {
  return typeof field === 'object' && field !== null && Object.keys(field).length === 0;
}

/** What has no type at all is left to the schema. */
function checkResponseFormat(format: unknown): void {
  if (typeof format !== 'object' || format === null || !('type' in format)) return;
  if (typeof format.type === 'string' && format.type !== 'text') {
    throw new UnsupportedResponseFormatError(quote(format.type));
  }
}
