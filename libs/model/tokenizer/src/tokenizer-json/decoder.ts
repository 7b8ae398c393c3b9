import { z } from 'zod';
import { bytesOfToken } from '../bpe/byte-alphabet.js';
import { fieldsOf, partsOf, UnknownComponentError } from './component.js';
import { type Component } from './schema.js';

/**
 * One step from tokens to text. The reference runs it over all tokens at once; here it passes on what is certain.
 * After a step that makes one token of all, that token comes in parts.
 */
export interface DecoderStep {
  push(token: string): readonly string[];
  end(): readonly string[];
}

/** Makes fresh steps for each text. */
type NewStep = () => DecoderStep;

export const ROLE = 'decoder';
const BYTE_TOKEN = /^<0x(\+[0-9A-Fa-f]|[0-9A-Fa-f]{2})>$/;
const REPLACEMENT = '\ufffd';

const replaceSchema = z.looseObject({
  pattern: z.strictObject({ String: z.string().min(1) }),
  content: z.string(),
});
const stripSchema = z.looseObject({
  content: z.string().length(1),
  start: z.int().min(0),
  stop: z.literal(0),
});
const metaspaceSchema = z.looseObject({
  replacement: z.string().min(1),
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
});

/**
 * The decoder of a tokenizer.json, as functions that make its steps.
 * @throws UnknownComponentError for a decoder that is not supported.
 */
export function decoderStepsOf(component: Component | null | undefined): readonly NewStep[] {
  const parts = partsOf(ROLE, component, 'decoders');
  if (parts.length === 0) throw new UnknownComponentError(`no ${ROLE}`);
  const fusedFrom = parts.findIndex(({ type }) => type === 'Fuse' || type === 'ByteLevel');
  return parts.map((part, index) => newStepOf(part, fusedFrom >= 0 && index > fusedFrom));
}

/** The byte that a token such as `<0x0A>` stands for where there is byte fallback. */
export function byteOf(token: string): number | undefined {
  const digits = BYTE_TOKEN.exec(token)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function newStepOf(component: Component, isFused: boolean): NewStep {
  if (component.type === 'Strip') {
    const { content, start } = fieldsOf(ROLE, component, stripSchema);
    return () => new StripStart(content, start, isFused);
  }
  if (isFused) throw new UnknownComponentError(`the ${ROLE} ${component.type} after Fuse or ByteLevel`);
  if (component.type === 'ByteLevel') return () => new ByteLevel();
  if (component.type === 'ByteFallback') return () => new ByteFallback();
  if (component.type === 'Fuse') return () => each((token) => token);
  if (component.type === 'Replace') {
    const { pattern, content } = fieldsOf(ROLE, component, replaceSchema);
    return () => each((token) => token.replaceAll(pattern.String, () => content));
  }
  if (component.type === 'Metaspace') return metaspaceStep(component);
  throw new UnknownComponentError(`the ${ROLE} ${component.type}`);
}

function each(change: (token: string, isFirst: boolean) => string): DecoderStep {
  let isFirst = true;
  return {
    push: (token) => {
      const changed = change(token, isFirst);
      isFirst = false;
      return [changed];
    },
    end: () => [],
  };
}

/** Replacements become blanks, and nothing in the first token where encoding puts one before the text. */
function metaspaceStep(component: Component): NewStep {
  const { replacement, add_prefix_space, prepend_scheme } = fieldsOf(ROLE, component, metaspaceSchema);
  const isPrefixed = add_prefix_space !== false && prepend_scheme !== 'never';
  return () => each((token, isFirst) => token.replaceAll(replacement, isFirst && isPrefixed ? '' : ' '));
}

/** All tokens together are the bytes of a UTF-8 text; `TextDecoder` replaces invalid ones as Rust does. */
class ByteLevel implements DecoderStep {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  push(token: string): readonly string[] {
    return [this.#decoder.decode(bytesOfToken(token), { stream: true })];
  }

  end(): readonly string[] {
    return [this.#decoder.decode()];
  }
}

/** A run of byte tokens is one text, or one U+FFFD for each byte where the whole run is no UTF-8. */
class ByteFallback implements DecoderStep {
  #run: number[] = [];

  push(token: string): readonly string[] {
    const byte = byteOf(token);
    if (byte === undefined) return [...this.end(), token];
    this.#run.push(byte);
    return [];
  }

  end(): readonly string[] {
    const bytes = Uint8Array.from(this.#run);
    this.#run = [];
    if (bytes.length === 0) return [];
    try {
      return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)];
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return new Array<string>(bytes.length).fill(REPLACEMENT);
    }
  }
}

/** Takes up to a number of characters off the start: of every token, or of the text where it is one token by now. */
class StripStart implements DecoderStep {
  readonly #content: string;
  readonly #longest: number;
  readonly #isFused: boolean;
  #left: number;

  constructor(content: string, longest: number, isFused: boolean) {
    this.#content = content;
    this.#longest = longest;
    this.#isFused = isFused;
    this.#left = longest;
  }

  push(token: string): readonly string[] {
    if (!this.#isFused) this.#left = this.#longest;
    let start = 0;
    while (this.#left > 0 && token[start] === this.#content) {
      start += 1;
      this.#left -= 1;
    }
    if (start < token.length) this.#left = 0;
    return [token.slice(start)];
  }

  end(): readonly string[] {
    return [];
  }
}
