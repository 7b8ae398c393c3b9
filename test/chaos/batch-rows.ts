import { pictureDataUrl, type Question, readQuestions } from './questions.js';

const MODEL = 'tessera-tiny';
const TEXT = 'Which animal barks?';
/** A first token alone may still have no text. */
const MAX_TOKENS = 3;
/** Every so manyth row shows a picture, or something that is none. */
const PICTURE_EVERY = 10;
const UNREADABLE_EVERY = 50;
const UNREADABLE_AT = 7;
const PICTURES = 20;

/** A row of the drill's batch, and what must become of it. */
export interface BatchRow {
  readonly customId: string;
  readonly line: string;
  /** An answer, which begins as the reference does where there is one; or a refusal. */
  readonly expected: { readonly kind: 'answer'; readonly reference?: string } | { readonly kind: 'refusal' };
}

/** Rows that take little time: most are a question without a picture, and no answer is long. */
export function makeBatchRows(count: number): BatchRow[] {
  const pictures = readQuestions()
    .slice(0, PICTURES)
    .map((question) => ({ question, url: pictureDataUrl(question) }));
  return Array.from({ length: count }, (_, index) => {
    const picture = pictures[(index / PICTURE_EVERY) % PICTURES];
    if (index % UNREADABLE_EVERY === UNREADABLE_AT) return unreadableRow(index);
    return picture === undefined ? textRow(index) : pictureRow(index, picture);
  });
}

function textRow(index: number): BatchRow {
  return toRow(index, TEXT, { kind: 'answer' });
}

function pictureRow(index: number, { question, url }: { question: Question; url: string }): BatchRow {
  const content = [
    { type: 'image_url', image_url: { url } },
    { type: 'text', text: question.question },
  ];
  return toRow(index, content, { kind: 'answer', reference: question.reference });
}

function unreadableRow(index: number): BatchRow {
  const url = `data:image/png;base64,${Buffer.from('no picture').toString('base64')}`;
  return toRow(index, [{ type: 'image_url', image_url: { url } }], { kind: 'refusal' });
}

function toRow(index: number, content: unknown, expected: BatchRow['expected']): BatchRow {
  const customId = `row-${index}`;
  const body = { model: MODEL, messages: [{ role: 'user', content }], max_tokens: MAX_TOKENS };
  const line = JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body });
  return { customId, line, expected };
}
