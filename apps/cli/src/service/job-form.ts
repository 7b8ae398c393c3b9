import { type PromptMessage } from '@tessera/contracts';

/** An image as a service gets it: its bytes, or a URL that the service fetches. */
export type ServiceImage = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'url'; url: string };

/** A job to be asked of a service. */
export interface JobDraft {
  readonly messages: readonly PromptMessage[];
  readonly images: readonly ServiceImage[];
  readonly model?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxTiles?: number | undefined;
  readonly priority?: 'normal' | 'low';
}

/** A request body that can be sent any number of times, byte for byte the same. */
export interface EncodedForm {
  readonly contentType: string;
  readonly body: ArrayBuffer;
}

/** The multipart body of `POST /v1/jobs`: uploads are `image` parts, which messages name `upload:<n>`. */
export async function encodeJobForm(draft: JobDraft): Promise<EncodedForm> {
  const form = new FormData();
  const urls: string[] = [];
  let uploads = 0;
  for (const image of draft.images) {
    if (image.kind === 'url') urls.push(image.url);
    else {
      urls.push(`upload:${uploads++}`);
      form.append('image', new Blob([image.bytes]), 'image');
    }
  }
  form.append('messages', JSON.stringify(draft.messages.map((message) => toWireMessage(message, urls))));
  if (draft.model !== undefined) form.append('model', draft.model);
  if (draft.maxTokens !== undefined) form.append('max_tokens', String(draft.maxTokens));
  if (draft.maxTiles !== undefined) form.append('max_dynamic_patch', String(draft.maxTiles));
  if (draft.priority !== undefined) form.append('policy', JSON.stringify({ priority: draft.priority }));
  return encode(form);
}

function toWireMessage({ role, content }: PromptMessage, urls: readonly string[]): object {
  const parts = content.map((part) =>
    part.type === 'text' ? part : { type: 'image_url', image_url: { url: urls[part.image] } },
  );
  return { role, content: parts };
}

async function encode(form: FormData): Promise<EncodedForm> {
  const encoded = new Response(form);
  // A Response of a form always has the type with the form's boundary.
  return { contentType: encoded.headers.get('content-type') ?? '', body: await encoded.arrayBuffer() };
}
