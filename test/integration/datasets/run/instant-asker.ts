import { type AskedImage, type Asker, type ImagePlace } from '@tessera/datasets';
import { TesseraError } from '@tessera/contracts';

/** What an instant asker does with the images whose text says so. */
export interface InstantAnswers {
  /** Texts of images that cannot be answered now. */
  readonly failing?: ReadonlySet<string>;
  /** Texts of images that cannot be read. */
  readonly missing?: ReadonlySet<string>;
  readonly concurrency?: number;
  readonly revision?: string;
  readonly takesUrls?: boolean;
  /** Called before every answer. */
  readonly onAsk?: (image: string, prompt: string) => Promise<void> | void;
  readonly read?: (place: ImagePlace) => Promise<Uint8Array>;
  readonly captionOf?: (bytes: Uint8Array) => string;
}

class MissingError extends TesseraError {
  readonly code = 'image_not_found';
}

/** Answers at once. Where images are is what they say, unless `read` knows better. */
export class InstantAsker implements Asker {
  readonly asked: string[] = [];
  readonly model;
  readonly concurrency;
  readonly takesUrls;

  constructor(private readonly answers: InstantAnswers = {}) {
    this.model = { id: 'instant', revision: answers.revision ?? 'r1' };
    this.concurrency = answers.concurrency ?? 4;
    this.takesUrls = answers.takesUrls ?? false;
  }

  async read(place: ImagePlace): Promise<Uint8Array> {
    const bytes = (await this.answers.read?.(place)) ?? Buffer.from(nameOf(place));
    if (this.answers.missing?.has(textOf(bytes))) throw new MissingError(`there is no ${textOf(bytes)}`);
    return bytes;
  }

  async ask({ image, prompt }: { image: AskedImage; prompt: string }) {
    const text = image.kind === 'url' ? image.url : textOf(image.bytes);
    await this.answers.onAsk?.(text, prompt);
    this.asked.push(`${text} ${prompt}`);
    if (this.answers.failing?.has(text)) {
      const error = { code: 'engine_failed' as const, message: 'not now' };
      return { kind: 'failed' as const, error, width: 4, height: 3 };
    }
    return {
      kind: 'completed' as const,
      caption: this.captionOf(image, prompt, text),
      finishReason: 'stop' as const,
      width: 4,
      height: 3,
      tiles: 2,
      promptTokens: 10,
      completionTokens: 5,
      timings: { total_ms: this.asked.length },
      model: this.model,
    };
  }

  private captionOf(image: AskedImage, prompt: string, text: string): string {
    const { captionOf } = this.answers;
    return image.kind === 'bytes' && captionOf !== undefined ? captionOf(image.bytes) : `${prompt} ${text}`;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function nameOf(place: ImagePlace): string {
  switch (place.kind) {
    case 'file':
      return place.path;
    case 'url':
      return place.url;
    case 's3':
      return place.key;
    case 'part':
      return `${nameOf(place.of)}:${place.offsetBytes}`;
    case 'bytes':
      return textOf(place.bytes);
  }
}
