import { expect, it } from 'vitest';
import { formatServerSentEvent } from './server-sent-event.js';

it('keeps line breaks of a text inside one data line', () => {
  const text = formatServerSentEvent({ id: '1-0', event: 'text', data: { text: 'a\nb\r\n\nc' } });
  expect(text).toBe('id: 1-0\nevent: text\ndata: {"text":"a\\nb\\r\\n\\nc"}\n\n');
});
