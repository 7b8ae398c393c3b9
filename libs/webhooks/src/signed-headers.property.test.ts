import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signedHeaders } from './signed-headers.js';

/** The same cases every time; a failure prints how to come back to it. */
fc.configureGlobal({ seed: 20_261_125 });

const content = fc.record({
  secret: fc
    .uint8Array({ minLength: 24, maxLength: 64 })
    .map((key) => `whsec_${Buffer.from(key).toString('base64')}`),
  eventId: fc.uuid().map((id) => `evt_${id}`),
  body: fc.jsonValue().map((value) => JSON.stringify(value)),
});
/** What a receiver gets. */
interface Delivery {
  secret: string;
  headers: Record<string, string>;
  body: string;
}

const verify = ({ secret, headers, body }: Delivery): unknown => new Webhook(secret).verify(body, headers);

/** The text with one character replaced by its neighbour. */
function alter(text: string, at: number): string {
  const index = at % text.length;
  return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ 1) + text.slice(index + 1);
}

const withHeader = (delivery: Delivery, name: string, at: number): Delivery => ({
  ...delivery,
  headers: { ...delivery.headers, [name]: alter(delivery.headers[name] ?? '', at) },
});

/** One change each; a secret is changed in its first bytes, since base64 leaves bits of its last letter unused. */
const TAMPERINGS: Readonly<Record<string, (delivery: Delivery, at: number) => Delivery>> = {
  'another body': (delivery, at) => ({ ...delivery, body: alter(delivery.body, at) }),
  'a longer body': (delivery) => ({ ...delivery, body: `${delivery.body} ` }),
  'another id': (delivery, at) => withHeader(delivery, 'webhook-id', at),
  'another second': (delivery) => withHeader(delivery, 'webhook-timestamp', 9),
  'another signature': (delivery, at) => withHeader(delivery, 'webhook-signature', 3 + (at % 40)),
  'another secret': (delivery, at) => ({ ...delivery, secret: alter(delivery.secret, 6 + (at % 30)) }),
};

describe('the signature of a webhook', () => {
  it('verifies whatever the body, id and secret', () => {
    fc.assert(
      fc.property(content, (signed) => {
        const headers = signedHeaders({ ...signed, secrets: [signed.secret] }, new Date());
        expect(verify({ ...signed, headers })).toEqual(JSON.parse(signed.body));
      }),
    );
  });

  it.each(Object.entries(TAMPERINGS))('fails for %s', (_name, tamper) => {
    fc.assert(
      fc.property(content, fc.nat(), (signed, at) => {
        const delivery = {
          ...signed,
          headers: signedHeaders({ ...signed, secrets: [signed.secret] }, new Date()),
        };
        expect(() => verify(tamper(delivery, at))).toThrow();
      }),
    );
  });

  it('fails once it is ten minutes old', () => {
    fc.assert(
      fc.property(content, (signed) => {
        const headers = signedHeaders(
          { ...signed, secrets: [signed.secret] },
          new Date(Date.now() - 600_000),
        );
        expect(() => verify({ ...signed, headers })).toThrow(/timestamp/i);
      }),
    );
  });
});
