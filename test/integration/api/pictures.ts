import sharp from 'sharp';

/** A PNG of one colour. */
export async function makePng(width = 8, height = 8): Promise<Uint8Array<ArrayBuffer>> {
  const background = { r: 200, g: 10, b: 20 };
  return new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}

export function toDataUrl(bytes: Uint8Array, mediaType = 'image/png'): string {
  return `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** A form with files as `image` parts and other fields as text. */
export function formOf(images: readonly Uint8Array<ArrayBuffer>[], fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(fields)) form.append(name, text);
  images.forEach((bytes, index) =>
    form.append('image', new Blob([bytes], { type: 'image/png' }), `${index}.png`),
  );
  return form;
}
