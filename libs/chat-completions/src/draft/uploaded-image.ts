/** An `image` part of a multipart request. */
export interface UploadedImage {
  bytes: Uint8Array;
  /** Media type that the client declared; only shown in messages. */
  mediaType: string;
}

const UPLOAD_URL = /^upload:(\d{1,6})$/;

/** Names the upload with this index in a message's image part. */
export function uploadUrl(index: number): string {
  return `upload:${index}`;
}

/** The index that an `upload:<index>` URL names, or undefined for any other URL. */
export function uploadIndexOf(url: string): number | undefined {
  const index = UPLOAD_URL.exec(url)?.[1];
  return index === undefined ? undefined : Number(index);
}
