import { type CreateJobBody } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT_CHARACTERS } from './check-conversation.js';
import { toJobDraft } from './to-job-draft.js';

const bytes = new Uint8Array([1, 2, 3]);
const dataUrl = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
const context = {
  maxImages: 3,
  maxImageBytes: 100,
  uploads: [],
  checkUrl: () => undefined,
  checkS3Url: () => ({ bucket: 'cats', key: 'a b.png' }),
};
const upload = { bytes, mediaType: 'image/png' };

const draftOf = (body: CreateJobBody, uploads: (typeof upload)[] = []) =>
  toJobDraft(body, { ...context, uploads });

const part = (url: string, controls: object = {}) => ({
  type: 'image_url' as const,
  image_url: { url, ...controls },
});
const user = (...content: (ReturnType<typeof part> | string)[]) => ({
  role: 'user' as const,
  content: content.map((entry) =>
    typeof entry === 'string' ? { type: 'text' as const, text: entry } : entry,
  ),
});

describe('toJobDraft', () => {
  it('puts the images of the short form before its question', () => {
    const draft = draftOf({
      question: 'What?',
      images: ['https://a.test/1.png', dataUrl],
      max_dynamic_patch: 4,
    });
    expect(draft.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', image: 0 },
          { type: 'image', image: 1 },
          { type: 'text', text: 'What?' },
        ],
      },
    ]);
    expect(draft.images).toMatchObject([
      { source: { kind: 'url', url: 'https://a.test/1.png' }, maxTiles: 4, param: 'images.0' },
      { source: { kind: 'bytes' }, maxTiles: 4, param: 'images.1' },
    ]);
  });

  it('numbers images through all messages and takes text content as one part', () => {
    const { messages, images } = draftOf({
      messages: [
        { role: 'system', content: 'Be brief.' },
        user(part(dataUrl), 'One?'),
        { role: 'assistant', content: 'Yes.' },
        user('And', part(dataUrl), 'two?'),
      ],
    });
    expect(images).toHaveLength(2);
    expect(messages[0]).toEqual({ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] });
    expect(messages[3]?.content).toEqual([
      { type: 'text', text: 'And' },
      { type: 'image', image: 1 },
      { type: 'text', text: 'two?' },
    ]);
  });

  it.each([
    [{}, undefined, undefined],
    [{ detail: 'auto' }, undefined, undefined],
    [{ detail: 'low' }, undefined, 6],
    [{ detail: 'high' }, 3, 3],
    [{ detail: 'original', max_dynamic_patch: 2 }, 3, 2],
    [{}, 9, 9],
  ])('image %j in a job with max_dynamic_patch %j gets at most %j tiles', (controls, jobBudget, expected) => {
    const { images } = draftOf({
      messages: [user(part(dataUrl, controls), 'What?')],
      ...(jobBudget === undefined ? {} : { max_dynamic_patch: jobBudget }),
    });
    expect(images[0]?.maxTiles).toBe(expected);
  });

  it('lets max_completion_tokens win over max_tokens', () => {
    expect(draftOf({ question: 'q', max_tokens: 5 }).maxTokens).toBe(5);
    expect(draftOf({ question: 'q', max_tokens: 5, max_completion_tokens: 7 }).maxTokens).toBe(7);
    expect(draftOf({ question: 'q' })).not.toHaveProperty('maxTokens');
  });

  it('puts uploads where messages name them', () => {
    const { images } = draftOf({ messages: [user(part('upload:1'), part('upload:0'), 'q')] }, [
      upload,
      { ...upload, bytes: new Uint8Array([9]) },
    ]);
    expect(images.map(({ source }) => source)).toEqual([
      { kind: 'bytes', bytes: new Uint8Array([9]) },
      { kind: 'bytes', bytes },
    ]);
  });

  it.each<[string, CreateJobBody, { code: string; param: string }]>([
    ['neither form', {}, { code: 'missing_required_parameter', param: 'question' }],
    [
      'images without a question',
      { images: [dataUrl] },
      { code: 'missing_required_parameter', param: 'question' },
    ],
    ['an empty question', { question: '' }, { code: 'invalid_value', param: 'question' }],
    ['a blank question', { question: ' \n\t' }, { code: 'invalid_value', param: 'question' }],
    ['both forms', { question: 'q', messages: [user('q')] }, { code: 'invalid_request', param: 'question' }],
    [
      'a last message without text',
      { messages: [user(part(dataUrl))] },
      {
        code: 'invalid_value',
        param: 'messages.0.content',
      },
    ],
    [
      'a blank last message',
      { messages: [user(part(dataUrl), ' ')] },
      {
        code: 'invalid_value',
        param: 'messages.0.content.1.text',
      },
    ],
    [
      'an assistant message last',
      { messages: [user('q'), { role: 'assistant', content: 'a' }] },
      {
        code: 'invalid_value',
        param: 'messages.1.role',
      },
    ],
    [
      'a system message later',
      { messages: [user('q'), { role: 'system', content: 's' }, user('q')] },
      {
        code: 'invalid_value',
        param: 'messages.1.role',
      },
    ],
    [
      'an assistant first',
      { messages: [{ role: 'assistant', content: 'a' }, user('q')] },
      { code: 'invalid_value', param: 'messages.0.role' },
    ],
    [
      'two questions in a row after a system message',
      { messages: [{ role: 'system', content: 's' }, user('q'), user('q')] },
      { code: 'invalid_value', param: 'messages.2.role' },
    ],
    [
      'an earlier question of blanks',
      { messages: [user(' '), { role: 'assistant', content: 'a' }, user('q')] },
      { code: 'invalid_value', param: 'messages.0.content.0.text' },
    ],
    [
      'an image from the assistant',
      {
        messages: [user('q'), { role: 'assistant', content: [part(dataUrl)] }, user('q')],
      },
      { code: 'invalid_value', param: 'messages.1.content.0.image_url.url' },
    ],
    ['half of a surrogate pair', { question: 'a\ud800b' }, { code: 'invalid_value', param: 'question' }],
    [
      'more text than a record holds',
      { question: 'a'.repeat(MAX_TEXT_CHARACTERS + 1) },
      {
        code: 'invalid_value',
        param: 'question',
      },
    ],
    [
      'too many images',
      { question: 'q', images: Array.from({ length: 4 }, () => dataUrl) },
      {
        code: 'too_many_images',
        param: 'images',
      },
    ],
    [
      'a scheme that is not fetched',
      { question: 'q', images: ['file:///etc/passwd'] },
      {
        code: 'image_url_invalid',
        param: 'images.0',
      },
    ],
    [
      'no URL at all',
      { question: 'q', images: ['cat.png'] },
      { code: 'image_url_invalid', param: 'images.0' },
    ],
    [
      'a data URL of text',
      { question: 'q', images: ['data:text/html;base64,AAAA'] },
      {
        code: 'image_url_invalid',
        param: 'images.0',
      },
    ],
    [
      'a data URL that is not base64',
      { question: 'q', images: ['data:image/png;base64,a b'] },
      {
        code: 'image_url_invalid',
        param: 'images.0',
      },
    ],
    [
      'a data URL without base64',
      { question: 'q', images: ['data:image/png,abc'] },
      {
        code: 'image_url_invalid',
        param: 'images.0',
      },
    ],
    [
      'inline bytes past the limit',
      {
        question: 'q',
        images: [`data:image/png;base64,${Buffer.alloc(101).toString('base64')}`],
      },
      { code: 'image_too_large', param: 'images.0' },
    ],
    [
      'an upload in a JSON body',
      { question: 'q', images: ['upload:0'] },
      {
        code: 'invalid_value',
        param: 'images.0',
      },
    ],
    [
      'fewer tiles at most than at least',
      {
        messages: [user(part(dataUrl, { min_dynamic_patch: 5, max_dynamic_patch: 4 }), 'q')],
      },
      { code: 'invalid_value', param: 'messages.0.content.0.image_url.min_dynamic_patch' },
    ],
  ])('refuses %s', (_case, body, expected) => {
    expect(refusalOf(() => draftOf(body))).toMatchObject(expected);
  });

  it('names the image parts of a form as image, and images from 0 on behind them', () => {
    const body = { question: 'q', images: ['upload:0', 'https://a.test/'] };
    expect(draftOf(body, [upload]).images.map(({ param }) => param)).toEqual(['image', 'images.0']);
  });

  it('refuses an upload that no message names', () => {
    const body = { messages: [user(part('upload:0'), 'q')] };
    expect(refusalOf(() => draftOf(body, [upload, upload]))).toMatchObject({
      code: 'invalid_value',
      param: 'image',
      message: expect.stringContaining('part 1') as unknown,
    });
  });

  it('takes inline bytes of exactly the limit, padded or not', () => {
    const text = Buffer.alloc(100).toString('base64');
    for (const encoded of [text, text.replace(/=+$/, '')]) {
      expect(draftOf({ question: 'q', images: [`data:image/png;base64,${encoded}`] }).images).toHaveLength(1);
    }
  });

  it('asks whether each http URL may be fetched, with the field that holds it', () => {
    const asked: string[][] = [];
    const checkUrl = (url: string, param: string) => void asked.push([url, param]);
    toJobDraft({ question: 'q', images: ['https://a.test/', dataUrl] }, { ...context, checkUrl });
    expect(asked).toEqual([['https://a.test/', 'images.0']]);
  });

  it('takes an s3: URL apart as it is told to, with the field that holds it', () => {
    const asked: string[][] = [];
    const checkS3Url = (url: string, param: string) => {
      asked.push([url, param]);
      return { bucket: 'cats', key: 'a b.png' };
    };
    const { images } = toJobDraft(
      { question: 'q', images: [dataUrl, 'S3://cats/a b.png'] },
      { ...context, checkS3Url },
    );
    expect(images[1]).toEqual({ source: { kind: 's3', bucket: 'cats', key: 'a b.png' }, param: 'images.1' });
    expect(asked).toEqual([['S3://cats/a b.png', 'images.1']]);
  });
});

function refusalOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}
