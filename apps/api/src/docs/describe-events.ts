import { type OpenAPIObject } from '@nestjs/swagger';
import { EVENT_TYPES, type EventType, isJobEventType } from '@tessera/contracts';
import { refTo } from './components.js';

const text = { type: 'string' as const };
const SIGNED_HEADERS = {
  'webhook-id': 'Id of the event, the same on every attempt',
  'webhook-timestamp': 'Unix time of this attempt in seconds',
  'webhook-signature':
    '`v1,` and base64; two of them, with a space between, while a secret is being replaced',
};

/** Adds `webhooks`: what endpoints are sent. */
export function describeEvents(document: OpenAPIObject): OpenAPIObject {
  const webhooks = Object.fromEntries(EVENT_TYPES.map((type) => [type, webhookOf(type)]));
  return { ...document, webhooks };
}

function webhookOf(type: EventType) {
  const parameters = Object.entries(SIGNED_HEADERS).map(([name, description]) => ({
    ...{ name, description },
    ...{ in: 'header' as const, required: true, schema: text },
  }));
  return {
    post: {
      operationId: `on_${type.replace('.', '_')}`,
      tags: ['webhooks'],
      summary: `Sent as \`${type}\``,
      parameters,
      requestBody: {
        required: true,
        content: { 'application/json': { schema: refTo(isJobEventType(type) ? 'JobEvent' : 'BatchEvent') } },
      },
      responses: {
        '2XX': { description: 'The event is taken' },
        410: { description: 'The endpoint is disabled and gets nothing more' },
        default: { description: 'The event is sent again; `Retry-After` is honoured' },
      },
    },
  };
}
