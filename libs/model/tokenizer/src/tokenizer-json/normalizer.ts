import { z } from 'zod';
import { type Pace } from '../stepwise.js';
import { fewestNormalizedCharacters, normalizeNfc } from '../unicode/normalize-nfc.js';
import { fieldsOf, partsOf, UnknownComponentError } from './component.js';
import { type Component } from './schema.js';

type Step =
  | { readonly kind: 'nfc' }
  | { readonly kind: 'prepend'; readonly prefix: string }
  | { readonly kind: 'replace'; readonly from: string; readonly to: string };

const ROLE = 'normalizer';
const prependSchema = z.looseObject({ prepend: z.string() });
const replaceSchema = z.looseObject({
  pattern: z.strictObject({ String: z.string().min(1) }),
  content: z.string(),
});

/** What is done to the text between added tokens before it is cut into words. */
export class Normalizer {
  readonly #steps: readonly Step[];

  /** @throws UnknownComponentError for a normalizer that is not supported. */
  constructor(component: Component | null | undefined) {
    this.#steps = partsOf(ROLE, component, 'normalizers').map(stepOf);
  }

  /**
   * Normalises a text that comes in parts. Each part is normalised by itself, but a prefix goes before the first
   * only; so where a part is an added token, it stays apart from the text around it.
   */
  *normalize(parts: readonly string[], pace: Pace): Generator<void, string[]> {
    let texts = [...parts];
    for (const step of this.#steps) {
      if (step.kind === 'nfc') {
        const composed: string[] = [];
        for (const text of texts) composed.push(yield* normalizeNfc(text, pace));
        texts = composed;
      } else if (step.kind === 'replace') {
        texts = texts.map((text) => text.replaceAll(step.from, () => step.to));
      } else if (texts.some((text) => text !== '')) {
        texts[0] = step.prefix + (texts[0] ?? '');
      }
    }
    return texts;
  }

  /** A lower bound of the length after normalising, told without doing it. */
  fewestCharacters(text: string): number {
    return this.#steps.reduce((count, step) => {
      if (step.kind === 'nfc') return Math.min(count, fewestNormalizedCharacters(text));
      return step.kind === 'replace' && step.to.length < step.from.length ? 0 : count;
    }, text.length);
  }
}

function stepOf(component: Component): Step {
  if (component.type === 'NFC') return { kind: 'nfc' };
  if (component.type === 'Prepend') {
    return { kind: 'prepend', prefix: fieldsOf(ROLE, component, prependSchema).prepend };
  }
  if (component.type === 'Replace') {
    const { pattern, content } = fieldsOf(ROLE, component, replaceSchema);
    return { kind: 'replace', from: pattern.String, to: content };
  }
  throw new UnknownComponentError(`the ${ROLE} ${component.type}`);
}
