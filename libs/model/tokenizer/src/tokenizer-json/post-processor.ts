import { z } from 'zod';
import { fieldsOf, partsOf, UnknownComponentError } from './component.js';
import { type Component } from './schema.js';

/** Ids that stand before and after those of every text. */
export interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const ROLE = 'post-processor';
const NO_FRAME: Frame = { before: [], after: [] };
const pieceSchema = z.union([
  z.strictObject({ SpecialToken: z.looseObject({ id: z.string() }) }),
  z.strictObject({ Sequence: z.looseObject({ id: z.literal('A') }) }),
]);
const templateSchema = z.looseObject({
  single: z.array(pieceSchema),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
});

/**
 * What a post-processor puts around a single text.
 * @throws UnknownComponentError for a post-processor that is not supported.
 */
export function frameOf(component: Component | null | undefined): Frame {
  // ByteLevel here moves offsets only.
  const parts = partsOf(ROLE, component, 'processors').filter(({ type }) => type !== 'ByteLevel');
  return parts.reduce((frame, part) => {
    if (part.type !== 'TemplateProcessing') throw new UnknownComponentError(`the ${ROLE} ${part.type}`);
    const { before, after } = frameOfTemplate(part);
    return { before: [...before, ...frame.before], after: [...frame.after, ...after] };
  }, NO_FRAME);
}

function frameOfTemplate(component: Component): Frame {
  const { single, special_tokens: specialTokens } = fieldsOf(ROLE, component, templateSchema);
  const textAt = single.findIndex((piece) => 'Sequence' in piece);
  const idsOf = (pieces: typeof single): number[] =>
    pieces.flatMap((piece) => {
      const ids = 'SpecialToken' in piece ? specialTokens[piece.SpecialToken.id]?.ids : undefined;
      if (ids === undefined)
        throw new UnknownComponentError(`the ${ROLE} TemplateProcessing with this template`);
      return ids;
    });
  if (textAt < 0) throw new UnknownComponentError(`the ${ROLE} TemplateProcessing without the text`);
  return { before: idsOf(single.slice(0, textAt)), after: idsOf(single.slice(textAt + 1)) };
}
