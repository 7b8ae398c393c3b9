/** A part of a form: a file where it has a file name. */
export interface FormPart {
  readonly name: string;
  readonly filename?: string;
  readonly body: string | Uint8Array;
}

const BOUNDARY = 'a-boundary-of-this-test';

export const MULTIPART = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

export function filePart(body: string | Uint8Array, filename = 'rows.jsonl', name = 'file'): FormPart {
  return { name, filename, body };
}

export function textPart(name: string, body: string): FormPart {
  return { name, body };
}

/** The bytes of a form, with its parts in this order. */
export function multipartOf(...parts: FormPart[]): Buffer {
  const pieces = parts.flatMap((part) => [headOf(part), Buffer.from(part.body), Buffer.from('\r\n')]);
  return Buffer.concat([...pieces, formEnd()]);
}

/** The beginning of a form up to the first byte of its last part, for those who go on by themselves. */
export function formHead(last: Omit<FormPart, 'body'>, ...before: FormPart[]): Buffer {
  const pieces = before.flatMap((part) => [headOf(part), Buffer.from(part.body), Buffer.from('\r\n')]);
  return Buffer.concat([...pieces, headOf(last)]);
}

export function formEnd(): Buffer {
  return Buffer.from(`--${BOUNDARY}--\r\n`);
}

function headOf({ name, filename }: Omit<FormPart, 'body'>): Buffer {
  const file =
    filename === undefined ? '' : `; filename="${filename}"\r\ncontent-type: application/octet-stream`;
  return Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`);
}

/** A request body that is sent chunked, without Content-Length. */
export function chunked(...pieces: Uint8Array[]): RequestInit {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return { headers: MULTIPART, body, duplex: 'half' };
}
