import { BATCH_ENDPOINT } from '@tessera/contracts';

const BOUNDARY = 'tessera-bench-input';
/** Rows written at a time. */
const ROWS_AT_A_TIME = 1_000;

/** A form with an input file of so many rows, as a client streams it: no length, nothing held in memory. */
export function inputForm(
  model: string,
  rows: number,
): { contentType: string; body: AsyncIterable<Uint8Array> } {
  return { contentType: `multipart/form-data; boundary=${BOUNDARY}`, body: formParts(model, rows) };
}

async function* formParts(model: string, rows: number): AsyncGenerator<Uint8Array> {
  const field = (disposition: string): string =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  yield Buffer.from(`${field('name="purpose"')}\r\nbatch\r\n`);
  yield Buffer.from(
    `${field('name="file"; filename="input.jsonl"')}Content-Type: application/octet-stream\r\n\r\n`,
  );
  for (let start = 0; start < rows; start += ROWS_AT_A_TIME) {
    const count = Math.min(ROWS_AT_A_TIME, rows - start);
    yield Buffer.from(Array.from({ length: count }, (_, index) => inputLine(model, start + index)).join(''));
  }
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

function inputLine(model: string, row: number): string {
  const image = { type: 'image_url', image_url: { url: `https://images.example.com/${row}.jpg` } };
  const messages = [{ role: 'user', content: [image, { type: 'text', text: 'Describe the picture.' }] }];
  const body = { model, messages, max_tokens: 64 };
  return `${JSON.stringify({ custom_id: `image-${row}`, method: 'POST', url: BATCH_ENDPOINT, body })}\n`;
}
