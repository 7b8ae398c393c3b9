import { BATCH_ENDPOINT, type BatchError } from '@tessera/contracts';
import { z } from 'zod';

/** One line of an input file, as far as it is checked before anything runs. */
export interface RequestLine {
  readonly customId: string;
  readonly model: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is wrong with a line, for the batch's list of errors. */
export type LineProblem = Pick<BatchError, 'code' | 'message' | 'param'>;

const LONGEST_CUSTOM_ID = 512;
const lineObject = z.record(z.string(), z.unknown());
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a line `{"custom_id","method","url","body"}`. What the body says beyond its model is checked when the row runs,
 * so that one bad question does not keep a whole batch from running.
 */
export function parseRequestLine(bytes: Uint8Array): RequestLine | LineProblem {
  const fields = parseObject(bytes);
  if (fields === undefined) return problem('invalid_json_line', 'the line is not a JSON object', null);
  const missing = ['custom_id', 'method', 'url', 'body'].find((name) => fields[name] == null);
  if (missing !== undefined) return problem('missing_required_parameter', `${missing} is required`, missing);
  const { custom_id: customId, method, url, body } = fields;
  if (typeof customId !== 'string' || customId === '' || customId.length > LONGEST_CUSTOM_ID) {
    return problem(
      'invalid_request',
      `custom_id must be text of 1 to ${LONGEST_CUSTOM_ID} characters`,
      'custom_id',
    );
  }
  if (method !== 'POST') return problem('invalid_request', 'method must be POST', 'method');
  if (url !== BATCH_ENDPOINT) {
    return problem('invalid_url', `url must be the endpoint of the batch, ${BATCH_ENDPOINT}`, 'url');
  }
  return checkBody(customId, body);
}

/** Whether {@link parseRequestLine} has found a problem. */
export function isProblem(outcome: RequestLine | LineProblem): outcome is LineProblem {
  return 'code' in outcome;
}

function checkBody(customId: string, value: unknown): RequestLine | LineProblem {
  const { success, data: body } = lineObject.safeParse(value);
  if (!success) return problem('invalid_request', 'body must be an object', 'body');
  const { model, stream } = body;
  if (typeof model !== 'string' || model === '') {
    return problem('missing_required_parameter', 'body.model is required', 'body.model');
  }
  if (stream === true) {
    return problem('streaming_unsupported', 'rows of a batch cannot be streamed', 'body.stream');
  }
  return { customId, model, body };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const { success, data } = lineObject.safeParse(JSON.parse(decoder.decode(bytes)));
    return success ? data : undefined;
  } catch {
    // Neither JSON nor UTF-8: the caller says so, with the line's number.
    return undefined;
  }
}

function problem(code: string, message: string, param: string | null): LineProblem {
  return { code, message, param };
}
