import fc from 'fast-check';
import { type OpenApiDocument } from '../api/api-contract.js';
import { mutated } from './mutated.js';
import { type Schema, SchemaValues } from './schema-values.js';

/** A request that can be sent, and be made again from the seed that is printed. */
export interface FuzzedRequest {
  readonly method: string;
  /** May hold {@link ID_PLACEHOLDER}. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | FuzzedForm | undefined;
}

export interface FuzzedForm {
  readonly fields: Readonly<Record<string, string>>;
  readonly file: { readonly field: string; readonly filename: string; readonly bytes: Uint8Array };
  /** The file comes before the fields. */
  readonly isFileFirst: boolean;
}

interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}
interface Described {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

/** Stands for the id of something that exists, of the kind that the path is about. */
export const ID_PLACEHOLDER = '{existing}';
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];

const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const RIGHT_HEADERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  Prefer: fc.constantFrom('wait=1', 'wait=0', 'respond-async', 'wait=-1', 'wait=1, return=minimal'),
  'Idempotency-Key': fc.nat(1_000).map((row) => `row-${row}`),
  'Last-Event-ID': fc.constantFrom('0-0', '1700000000000-1', '17-2-end'),
};
const CONTENT_TYPES = fc.constantFrom(
  'text/plain',
  'application/json; charset=utf-16',
  'multipart/form-data',
  '',
);

/** Requests to every operation of the document: right ones, nearly right ones and wrong ones. */
export function fuzzedRequests(document: OpenApiDocument, png: Uint8Array): fc.Arbitrary<FuzzedRequest> {
  const values = new SchemaValues(document.components.schemas, hintsOf(png));
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      // Where most of the rules are, most of the requests go.
      weight: method === 'post' && path.endsWith('/jobs') ? 12 : 1,
      arbitrary: requestsTo(
        { method: method.toUpperCase(), path, operation: operation as Described },
        values,
        png,
      ),
    })),
  );
  return fc.oneof(...operations);
}

function hintsOf(png: Uint8Array) {
  const dataUrl = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const usually = (right: string, ...wrong: string[]) =>
    rarely(fc.constant(right), fc.constantFrom(...wrong));
  const url = usually(dataUrl, 'https://example.com/a.png', 'upload:0', dataUrl.slice(0, -9));
  const tokens = rarely(fc.integer({ min: 1, max: 4_095 }), fc.constantFrom(4_096, 131_072));
  return {
    model: usually('tiny', 'huge'),
    question: fc.constantFrom('What is it?', 'Wie viele?', '何ですか'),
    url,
    'images[]': url,
    webhook: usually('https://example.com/hook', 'http://example.com/', 'https://127.0.0.1/'),
    max_tokens: tokens,
    max_completion_tokens: tokens,
    completion_window: usually('24h', '31d'),
    messages: fc.constant([{ role: 'user', content: 'What?' }]),
  };
}

interface Operation {
  method: string;
  path: string;
  operation: Described;
}

function requestsTo(
  { method, path, operation }: Operation,
  values: SchemaValues,
  png: Uint8Array,
): fc.Arbitrary<FuzzedRequest> {
  const parameters = operation.parameters ?? [];
  return fc
    .record({
      method: rarely(fc.constant(method), fc.constantFrom(...METHODS)),
      id: identifiers,
      query: queriesOf(
        parameters.filter((parameter) => parameter.in === 'query'),
        values,
      ),
      headers: headersOf(parameters.filter((parameter) => parameter.in === 'header')),
      body: bodiesOf(operation, values, png),
      contentType: rarely(fc.constant('application/json'), CONTENT_TYPES),
    })
    .map(({ method, id, query, headers, body, contentType }) => ({
      method,
      target: path.replace('{id}', id) + (query === '' ? '' : `?${query}`),
      headers: typeof body === 'string' ? { ...headers, 'content-type': contentType } : headers,
      body: method === 'GET' ? undefined : body,
    }));
}

/** One in eight is the odd one. */
function rarely<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

const identifiers = fc.oneof(
  { weight: 5, arbitrary: fc.constant(ID_PLACEHOLDER) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => encodeURIComponent(text)),
  },
  { weight: 1, arbitrary: fc.constantFrom('job_0', '%zz', '%00', '..%2f..', 'x'.repeat(300), '*', '%ff') },
);

function queriesOf(parameters: readonly Parameter[], values: SchemaValues): fc.Arbitrary<string> {
  if (parameters.length === 0) return fc.constant('');
  const pairs = parameters.map(({ name, schema }) =>
    fc
      .oneof(values.of(schema), fc.constant(ID_PLACEHOLDER), fc.string())
      .map((value) => [name, String(value)] as const),
  );
  const strange = fc.tuple(fc.string(), fc.string());
  return fc
    .tuple(fc.array(fc.oneof(...pairs), { maxLength: 3 }), fc.option(strange, { freq: 8 }))
    .map(([known, odd]) =>
      new URLSearchParams(
        [...known, ...(odd === null ? [] : [odd])].map(([name, value]): [string, string] => [name, value]),
      ).toString(),
    )
    .map((query) => query.replaceAll(encodeURIComponent(ID_PLACEHOLDER), ID_PLACEHOLDER));
}

function headersOf(parameters: readonly Parameter[]): fc.Arbitrary<Record<string, string>> {
  const fields = parameters.map(
    ({ name }) => [name, rarely(RIGHT_HEADERS[name] ?? visible, visible)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>;
}

function bodiesOf(
  { requestBody }: Described,
  values: SchemaValues,
  png: Uint8Array,
): fc.Arbitrary<FuzzedRequest['body']> {
  const schema = requestBody?.content['application/json']?.schema;
  const form = requestBody?.content['multipart/form-data']?.schema;
  const isJob = schema?.$ref?.endsWith('/CreateJob') ?? false;
  const none = fc.constant(undefined);
  if (schema === undefined && form !== undefined) {
    return rarely<FuzzedRequest['body']>(fileForms(form, values), fc.json());
  }
  if (schema === undefined) return rarely<FuzzedRequest['body']>(none, fc.json());
  const right = fc
    .tuple(values.of(schema), fc.boolean())
    .map(([body, short]) => (isJob ? keepRulesBetweenFields(body, short) : body));
  const nearlyRight = right.chain(mutated);
  const anyValue = fc.oneof({ weight: 3, arbitrary: right }, { weight: 6, arbitrary: nearlyRight });
  const json = anyValue.map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 1, arbitrary: fc.tuple(json, fc.nat()).map(([text, at]) => text.slice(0, at % text.length)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 3, arbitrary: anyValue.map((value) => toImageForm(value, png)) },
    { weight: 1, arbitrary: none },
  );
}

/** A schema cannot say which fields exclude each other or ask for each other. */
function keepRulesBetweenFields(body: unknown, isShort: boolean): Record<string, unknown> {
  const {
    messages,
    question,
    images,
    webhook,
    webhook_events_filter: filter,
    ...others
  } = body as Record<string, unknown>;
  const asked = isShort
    ? { question: question ?? 'What?', ...(images === undefined ? {} : { images }) }
    : { messages: messages ?? [{ role: 'user', content: 'What?' }] };
  const told =
    webhook === undefined
      ? {}
      : { webhook, ...(filter === undefined ? {} : { webhook_events_filter: filter }) };
  return { ...others, ...asked, ...told };
}

/** The form of a job that stands for the value, with an image. */
function toImageForm(value: unknown, png: Uint8Array): FuzzedForm {
  const file = { field: 'image', filename: '0.png', bytes: png };
  return { fields: toFormFields(value), file, isFileFirst: false };
}

/** Forms whose one binary field is their file. */
function fileForms({ properties = {} }: Schema, values: SchemaValues): fc.Arbitrary<FuzzedForm> {
  const [fileField = ''] = Object.keys(properties).filter((name) => properties[name]?.format === 'binary');
  const fields = Object.entries(properties)
    .filter(([name]) => name !== fileField)
    .map(([name, schema]) => [name, values.of(schema).map(String)] as const);
  return fc.record({
    fields: rarely(
      fc.record<Record<string, string>, string>(Object.fromEntries(fields), {
        requiredKeys: Object.keys(properties).filter((name) => name === 'purpose'),
      }),
      fc.dictionary(
        visible.filter((name) => name !== ''),
        visible,
        { maxKeys: 2 },
      ),
    ),
    file: fc.record({
      field: rarely(fc.constant(fileField), visible),
      filename: rarely(fc.constantFrom('rows.jsonl', 'a.png'), fc.string({ unit: 'grapheme' })),
      bytes: rarely(fc.constant(Buffer.from('{"a":1}\n')), fc.uint8Array({ maxLength: 100 })),
    }),
    isFileFirst: fc.boolean(),
  });
}

function toFormFields(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      typeof field === 'string' ? field : JSON.stringify(field),
    ]),
  );
}
