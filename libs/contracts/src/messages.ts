import { z } from 'zod';

/** No image is cut into more tiles than this, whatever is asked. */
export const MAX_TILES_PER_IMAGE = 40;

/** Tiles that an image may be cut into. */
export const tileCountSchema = z.int().min(1).max(MAX_TILES_PER_IMAGE);

/**
 * `url` is `https:`, `http:`, `data:image/...;base64,`, `s3:`, the id of an uploaded file, or, in multipart requests
 * only, `upload:<index>`.
 */
export const imageUrlSchema = z.strictObject({
  url: z.string().min(1),
  /** Tile budget by name: low 6, medium 12, high 24, original 40, auto the server's default. */
  detail: z.enum(['auto', 'low', 'medium', 'high', 'original']).optional(),
  max_dynamic_patch: tileCountSchema.optional(),
  min_dynamic_patch: tileCountSchema.optional(),
});

export const imagePartSchema = z.strictObject({ type: z.literal('image_url'), image_url: imageUrlSchema });

export const textPartSchema = z.strictObject({ type: z.literal('text'), text: z.string() });

export const contentSchema = z.union([
  z.string(),
  z.array(z.discriminatedUnion('type', [textPartSchema, imagePartSchema])).min(1),
]);

/** One message of a conversation, in OpenAI's shape. */
export const messageSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: contentSchema,
});

/** A conversation: an optional system message first, then user and assistant turns, a user turn last. */
export const messagesSchema = z.array(messageSchema).min(1).max(256);

export type ImagePart = z.infer<typeof imagePartSchema>;
export type TextPart = z.infer<typeof textPartSchema>;
export type ContentPart = TextPart | ImagePart;
export type Message = z.infer<typeof messageSchema>;

/** Tiles an image may be cut into, by OpenAI's `detail` word. `auto` is absent: the model's own default. */
export const TILE_BUDGET_BY_DETAIL = { low: 6, medium: 12, high: 24, original: 40 } as const;
